using NixRemote.StoreObjects;
using NixRemote.Transport;

namespace NixRemote.Tests.Stores;

/// <summary>A channel whose link is cut once so many bytes went one way: from then on both ways fail, and the remote sees its end.</summary>
internal sealed class CutChannel : IDuplexChannel
{
    private readonly IDuplexChannel _inner;
    private long _left;

    public CutChannel(IDuplexChannel inner, long bytes, bool ofInput)
    {
        _inner = inner;
        _left = bytes;
        Input = ofInput ? new CutInput(this) : inner.Input;
        Output = ofInput ? inner.Output : new CutOutput(this);
    }

    public string Description => _inner.Description;

    public Stream Input { get; }

    public Stream Output { get; }

    public StandardErrorLog StandardError => _inner.StandardError;

    public Task<int?> Exited => _inner.Exited;

    /// <summary>Whether it has come to that.</summary>
    public bool IsCut { get; private set; }

    public void Abort() => _inner.Abort();

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    // How many of the bytes still go; the rest is lost with the link.
    private int Take(int count)
    {
        var taken = (int)Math.Min(count, _left);
        _left -= taken;
        return taken;
    }

    private IOException Cut()
    {
        IsCut = true;
        _inner.Abort();
        return new IOException("The link is cut.");
    }

    private sealed class CutInput(CutChannel owner) : AsyncReadStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            // The remote need not say more for the cut to be noticed.
            return owner._left == 0 ? throw owner.Cut() : owner.Take(await owner._inner.Input.ReadAsync(buffer, cancellationToken));
        }
    }

    private sealed class CutOutput(CutChannel owner) : WriteOnlyStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var taken = owner.Take(buffer.Length);
            await owner._inner.Output.WriteAsync(buffer[..taken], cancellationToken);
            if (taken < buffer.Length)
            {
                await owner._inner.Output.FlushAsync(cancellationToken);
                throw owner.Cut();
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Written asynchronously.");

        public override void Flush() => owner._inner.Output.Flush();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                owner._inner.Output.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
