using System.Buffers.Binary;

namespace NixRemote.StoreObjects;

/// <summary>
/// Parses a Nix archive from pieces of any size as they come (nar.md §1), without I/O, recursion or allocation per
/// node. It accepts the canonical form only and makes all checks of nar.md §1.2. The archive ends itself: the parser
/// takes not a byte more.
/// </summary>
public sealed partial class NarParser
{
    private readonly INarVisitor? _visitor;
    private readonly int _maxDepth;
    private State _state = State.Magic;
    private int _openDirectories;
    private bool _executable;
    private long _contentLeft;
    private int _contentPadding;

    /// <summary>Makes a parser for one archive.</summary>
    /// <param name="visitor">Is told what the archive holds.</param>
    /// <param name="maxDepth">Nodes that may be above one another; the root is the first.</param>
    public NarParser(INarVisitor? visitor = null, int maxDepth = StoreObjectLimits.NarDepth)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxDepth);
        _visitor = visitor;
        _maxDepth = maxDepth;
    }

    // One value a token of the grammar in nar.md §1.1, named after what is expected next.
    private enum State
    {
        Magic,
        NodeOpen,
        NodeTypeTag,
        NodeType,
        ExecutableOrContents,
        ExecutableValue,
        ContentsTag,
        ContentLength,
        Content,
        ContentPadding,
        TargetTag,
        Target,
        EntryOrClose,
        EntryOpen,
        EntryNameTag,
        EntryName,
        EntryNodeTag,
        NodeClose,
        EntryClose,
        Complete,
    }

    /// <summary>Bytes of the archive taken so far.</summary>
    public long Position { get; private set; }

    /// <summary>Whether the root node is closed: the archive is complete.</summary>
    public bool IsComplete => _state == State.Complete;

    /// <summary>
    /// Takes the next bytes. Returns true once the root node is closed; until then all of <paramref name="input"/> is
    /// consumed.
    /// </summary>
    /// <param name="input">The next bytes; those that do not fit a token yet are kept.</param>
    /// <param name="consumed">How many of them belong to the archive.</param>
    /// <exception cref="ProtocolException">NarInvalid: what was expected and at which byte of the archive. The parser
    /// cannot be used any more.</exception>
    public bool Advance(ReadOnlySpan<byte> input, out int consumed)
    {
        var at = 0;
        while (_state != State.Complete && Step(input, ref at))
        {
        }

        Position += at;
        consumed = at;
        return _state == State.Complete;
    }

    /// <summary>The failure for bytes that end before the archive does.</summary>
    public ProtocolException Truncated() => Invalid(Position, $"The archive ends too early: {Expected(_state)} must follow");

    private static string Expected(State state) => state switch
    {
        State.Magic => "'nix-archive-1'",
        State.NodeOpen or State.EntryOpen => "'('",
        State.NodeTypeTag => "'type'",
        State.NodeType => "'regular', 'symlink' or 'directory'",
        State.ExecutableOrContents => "'executable' or 'contents'",
        State.ExecutableValue => "the empty value of 'executable'",
        State.ContentsTag => "'contents'",
        State.ContentLength => "the size of the contents",
        State.Content => "the rest of the contents",
        State.ContentPadding => "the padding of the contents",
        State.TargetTag => "'target'",
        State.Target => "the target of a symbolic link",
        State.EntryOrClose => "'entry' or ')'",
        State.EntryNameTag => "'name'",
        State.EntryName => "the name of an entry",
        State.EntryNodeTag => "'node'",
        State.NodeClose or State.EntryClose => "')'",
        _ => "nothing",
    };

    private static ProtocolException Invalid(long offset, string expectation) => new(NixErrors.NarInvalid, offset, expectation);

    // Takes one token, or as much of the contents as there is; false if the input does not hold it all.
    private bool Step(ReadOnlySpan<byte> input, ref int at)
    {
        switch (_state)
        {
            case State.Magic:
                return TakeLiteral(input, ref at, NarTokens.Magic, State.NodeOpen);

            // node := "(" "type" body ")"
            case State.NodeOpen:
                return TakeNodeOpen(input, ref at);
            case State.NodeTypeTag:
                return TakeLiteral(input, ref at, "type"u8, State.NodeType);
            case State.NodeType:
                return TakeFileRun(input, ref at) || TakeNodeType(input, ref at);
            case State.NodeClose:
                return TakeClosingRun(input, ref at)
                    || TakeLiteral(input, ref at, ")"u8, _openDirectories == 0 ? State.Complete : State.EntryClose);

            // body := "regular" [ "executable" "" ] "contents" <u64 n> <n bytes> <pad to 8>
            case State.ExecutableOrContents:
                return TakeExecutableOrContents(input, ref at);
            case State.ExecutableValue:
                return TakeLiteral(input, ref at, ""u8, State.ContentsTag);
            case State.ContentsTag:
                return TakeLiteral(input, ref at, "contents"u8, State.ContentLength);
            case State.ContentLength:
                return TakeContentLength(input, ref at);
            case State.Content:
                return TakeContent(input, ref at);
            case State.ContentPadding:
                return TakeContentPadding(input, ref at);

            //       | "symlink" "target" <string>
            case State.TargetTag:
                return TakeLiteral(input, ref at, "target"u8, State.Target);
            case State.Target:
                return TakeTarget(input, ref at);

            //       | "directory" entry*     entry := "entry" "(" "name" <string> "node" node ")"
            case State.EntryOrClose:
                return TakeRun(input, ref at, EntryRun, State.EntryName) || TakeEntryOrClose(input, ref at);
            case State.EntryOpen:
                return TakeLiteral(input, ref at, "("u8, State.EntryNameTag);
            case State.EntryNameTag:
                return TakeLiteral(input, ref at, "name"u8, State.EntryName);
            case State.EntryName:
                return TakeEntryName(input, ref at);
            case State.EntryNodeTag:
                return TakeNodeRun(input, ref at) || TakeLiteral(input, ref at, "node"u8, State.NodeOpen);
            case State.EntryClose:
                return TakeLiteral(input, ref at, ")"u8, State.EntryOrClose);
            default:
                throw new InvalidOperationException($"The archive parser is in state {_state}.");
        }
    }

    private bool TakeNodeOpen(ReadOnlySpan<byte> input, ref int at)
    {
        if (!TakeLiteral(input, ref at, "("u8, State.NodeTypeTag))
        {
            return false;
        }

        if (_openDirectories >= _maxDepth)
        {
            throw Invalid(_tokenStart, $"The archive is nested deeper than {_maxDepth} nodes");
        }

        return true;
    }

    private bool TakeNodeType(ReadOnlySpan<byte> input, ref int at)
    {
        if (!TryTakeToken(input, ref at, StoreObjectLimits.NarTagBytes, out var type))
        {
            return false;
        }

        if (type.SequenceEqual("regular"u8))
        {
            _executable = false;
            _state = State.ExecutableOrContents;
        }
        else if (type.SequenceEqual("symlink"u8))
        {
            _state = State.TargetTag;
        }
        else if (type.SequenceEqual("directory"u8))
        {
            _visitor?.BeginDirectory();
            OpenDirectory();
            _state = State.EntryOrClose;
        }
        else
        {
            throw Unexpected(type);
        }

        return true;
    }

    private bool TakeExecutableOrContents(ReadOnlySpan<byte> input, ref int at)
    {
        if (!TryTakeToken(input, ref at, StoreObjectLimits.NarTagBytes, out var tag))
        {
            return false;
        }

        if (tag.SequenceEqual("contents"u8))
        {
            _state = State.ContentLength;
        }
        else if (tag.SequenceEqual("executable"u8))
        {
            _executable = true;
            _state = State.ExecutableValue;
        }
        else
        {
            throw Unexpected(tag);
        }

        return true;
    }

    private bool TakeContentLength(ReadOnlySpan<byte> input, ref int at)
    {
        BeginToken(at);
        if (!TryTakeBytes(input, ref at, sizeof(ulong), out var word))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(word);
        if (length > long.MaxValue)
        {
            throw Invalid(_tokenStart, $"A file of {length} bytes cannot be; at most {long.MaxValue}");
        }

        _contentLeft = (long)length;
        _contentPadding = NarTokens.PaddingOf(_contentLeft);
        _visitor?.BeginFile(_contentLeft, _executable);
        _state = State.Content;
        return true;
    }

    private bool TakeContent(ReadOnlySpan<byte> input, ref int at)
    {
        var chunk = input.Slice(at, (int)Math.Min(_contentLeft, input.Length - at));
        if (chunk.Length > 0)
        {
            _visitor?.Content(chunk);
            at += chunk.Length;
            _contentLeft -= chunk.Length;
        }

        if (_contentLeft > 0)
        {
            return false;
        }

        _visitor?.EndFile();
        _state = State.ContentPadding;
        return true;
    }

    private bool TakeContentPadding(ReadOnlySpan<byte> input, ref int at)
    {
        BeginToken(at);
        if (!TryTakeBytes(input, ref at, _contentPadding, out var padding))
        {
            return false;
        }

        CheckPadding(padding, _tokenStart);
        _state = State.NodeClose;
        return true;
    }

    private bool TakeTarget(ReadOnlySpan<byte> input, ref int at)
    {
        if (!TryTakeToken(input, ref at, StoreObjectLimits.NarTargetBytes, out var target))
        {
            return false;
        }

        if (target.IsEmpty)
        {
            throw Invalid(_tokenStart, "The target of a symbolic link must not be empty");
        }

        if (target.Contains((byte)0))
        {
            throw Invalid(_tokenStart, $"The target of a symbolic link must not hold NUL: {PrintableBytes.Quote(target)}");
        }

        _visitor?.Symlink(target);
        _state = State.NodeClose;
        return true;
    }

    private bool TakeEntryOrClose(ReadOnlySpan<byte> input, ref int at)
    {
        if (!TryTakeToken(input, ref at, StoreObjectLimits.NarTagBytes, out var tag))
        {
            return false;
        }

        if (tag.SequenceEqual("entry"u8))
        {
            _state = State.EntryOpen;
        }
        else if (tag.SequenceEqual(")"u8))
        {
            _openDirectories--;
            _visitor?.EndDirectory();
            _state = _openDirectories == 0 ? State.Complete : State.EntryClose;
        }
        else
        {
            throw Unexpected(tag);
        }

        return true;
    }
}
