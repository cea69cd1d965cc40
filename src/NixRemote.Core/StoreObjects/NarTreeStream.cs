using System.Buffers;

namespace NixRemote.StoreObjects;

/// <summary>
/// The archive of a tree of nodes (nar.md §1), made while it is read: memory does not grow with the size of files or trees, only with the
/// number of entries of the directories that are open. To be read asynchronously and in large pieces.
/// </summary>
/// <typeparam name="TNode">What stands for a node.</typeparam>
internal sealed class NarTreeStream<TNode>(NarTree<TNode> tree) : AsyncReadStream
{
    private readonly ArrayBufferWriter<byte> _tokens = new();
    private readonly Stack<OpenDirectory> _directories = new();
    private int _tokensRead;
    private long _position;
    private bool _begun;

    // The file whose content comes next.
    private bool _isFileOpen;
    private long _fileRead;

    /// <summary>Bytes read so far; it cannot be set.</summary>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>Reads the next bytes, as many as fit; 0 after the last one.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_tokensRead < _tokens.WrittenCount)
            {
                filled += TakeTokens(buffer.Span[filled..]);
            }
            else if (_isFileOpen)
            {
                filled += await ReadFileAsync(buffer[filled..], cancellationToken).ConfigureAwait(false);
            }
            else if (!MoveNext())
            {
                break;
            }
        }

        _position += filled;
        return filled;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            tree.Dispose();
        }

        base.Dispose(disposing);
    }

    private int TakeTokens(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _tokens.WrittenCount - _tokensRead);
        _tokens.WrittenSpan.Slice(_tokensRead, count).CopyTo(buffer);
        _tokensRead += count;
        if (_tokensRead == _tokens.WrittenCount)
        {
            _tokens.ResetWrittenCount();
            _tokensRead = 0;
        }

        return count;
    }

    // nar := "nix-archive-1" node
    private bool MoveNext()
    {
        if (!_begun)
        {
            _begun = true;
            Token(NarTokens.Magic);
            BeginNode(tree.Root);
            return true;
        }

        if (!_directories.TryPeek(out var directory))
        {
            return false;
        }

        if (directory.Next < directory.Entries.Length)
        {
            // entry := "entry" "(" "name" <string> "node" node ")"
            var (name, node) = directory.Entries[directory.Next++];
            _tokens.Write(NarTokens.EntryToName);
            Token(name);
            Token("node"u8);
            BeginNode(node);
        }
        else
        {
            _directories.Pop();
            EndNode();
        }

        return true;
    }

    // node := "(" "type" body ")"
    private void BeginNode(TNode node)
    {
        var kind = tree.Enter(node, out var target);
        switch (kind)
        {
            case NarNodeKind.Symlink:
                // body := "symlink" "target" <string>
                _tokens.Write(NarTokens.Symlink);
                Token(target);
                EndNode();
                break;
            case NarNodeKind.Directory:
                // body := "directory" entry*
                _tokens.Write(NarTokens.Directory);
                _directories.Push(new OpenDirectory(tree.Entries(node, _directories.Count)));
                break;
            default:
                // body := "regular" [ "executable" "" ] "contents" <u64 n> <n bytes> <pad to 8>
                _tokens.Write(kind == NarNodeKind.ExecutableFile ? NarTokens.ExecutableFile : NarTokens.File);
                NarTokens.WriteLength(_tokens, tree.FileSize);
                (_isFileOpen, _fileRead) = (true, 0);
                break;
        }
    }

    private void EndNode()
    {
        Token(")"u8);
        if (_directories.Count > 0)
        {
            Token(")"u8); // of the entry
        }
    }

    private ValueTask<int> ReadFileAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var left = tree.FileSize - _fileRead;
        if (left == 0)
        {
            NarTokens.WritePadding(_tokens, _fileRead);
            tree.CloseFile();
            _isFileOpen = false;
            EndNode();
            return ValueTask.FromResult(0);
        }

        var read = tree.ReadAsync(_fileRead, buffer[..(int)Math.Min(buffer.Length, left)], cancellationToken);
        if (!read.IsCompletedSuccessfully)
        {
            return WaitAsync(read);
        }

        var count = read.Result;
        _fileRead += count;
        return ValueTask.FromResult(count);
    }

    private async ValueTask<int> WaitAsync(ValueTask<int> read)
    {
        var count = await read.ConfigureAwait(false);
        _fileRead += count;
        return count;
    }

    private void Token(ReadOnlySpan<byte> token) => NarTokens.Write(_tokens, token);

    private sealed class OpenDirectory((byte[] Name, TNode Node)[] entries)
    {
        public (byte[] Name, TNode Node)[] Entries => entries;

        public int Next { get; set; }
    }
}
