namespace NixRemote.StoreObjects;

/// <summary>The content of a store path that is a plain file, such as a .drv, out of its archive.</summary>
public static class NarSingleFile
{
    /// <summary>Reads an archive to its end and returns the file's bytes.</summary>
    /// <param name="item">The path and its archive.</param>
    /// <param name="maxBytes">The bytes that the file may have.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="NixRemoteException">NarInvalid: the archive is malformed or not of a plain file; LimitExceeded:
    /// the file is larger; or what the archive's stream throws.</exception>
    public static async Task<byte[]> ReadAsync(NarItem item, int maxBytes, CancellationToken cancellationToken)
    {
        var content = new Content(item.Info.Path, maxBytes);
        var parser = new NarParser(content, maxDepth: 1);
        var buffer = new byte[(int)Math.Clamp(item.Info.NarSize, 1, StreamByteSource.DefaultBufferSize)];
        try
        {
            while (await item.Nar.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var count and > 0)
            {
                parser.Advance(buffer.AsSpan(0, count), out var consumed);
                if (consumed < count)
                {
                    throw new ProtocolException(NixErrors.NarInvalid, parser.Position, "Nothing may follow the archive");
                }
            }

            return parser.IsComplete ? content.Bytes : throw parser.Truncated();
        }
        catch (NixRemoteException exception) when (exception.Target is null)
        {
            exception.Target = item.Info.Path.ToString();
            throw;
        }
    }

    private sealed class Content(StorePath path, int maxBytes) : INarVisitor
    {
        private int _filled;

        public byte[] Bytes { get; private set; } = [];

        public void BeginFile(long size, bool executable) => Bytes = size <= maxBytes
            ? new byte[size]
            : throw new NixRemoteException(NixErrors.LimitExceeded, $"'{path}' has {size} bytes; a file of its kind may have {maxBytes}.");

        void INarVisitor.Content(ReadOnlySpan<byte> chunk)
        {
            chunk.CopyTo(Bytes.AsSpan(_filled));
            _filled += chunk.Length;
        }

        public void EndFile()
        {
        }

        public void BeginDirectory() => throw NoFile("directory");

        public void Symlink(ReadOnlySpan<byte> target) => throw NoFile("symbolic link");

        public void Entry(ReadOnlySpan<byte> name)
        {
        }

        public void EndDirectory()
        {
        }

        private NixRemoteException NoFile(string kind) =>
            new(NixErrors.NarInvalid, $"'{path}' is a {kind}; it must be a file.");
    }
}
