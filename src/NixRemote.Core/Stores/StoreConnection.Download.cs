using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;
using NixRemote.Transport;

namespace NixRemote.Stores;

public abstract partial class StoreConnection
{
    /// <inheritdoc/>
    /// <remarks>Archives are asked for ahead as long as they are small together
    /// (<see cref="WireLimits.ArchiveBytesInFlight"/>). An enumeration that is given up before its end breaks the
    /// connection: the rest is on its way.</remarks>
    public async IAsyncEnumerable<NarItem> ReadNarsAsync(
        IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (paths.Count == 0)
        {
            yield break;
        }

        using var cancellation = Begin(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var window = new PipelineWindow(WireLimits.RequestsInFlight, WireLimits.ArchiveBytesInFlight);
        var sending = SendRequestsAsync(paths, static info => info.NarSize, info => WriteNarRequest(info.Path), window, stop.Token);
        var finished = false;
        try
        {
            foreach (var info in paths)
            {
                await using var nar = new DownloadStream(this, info, cancellationToken);
                yield return new NarItem(info, nar);
                await nar.SkipRestAsync().ConfigureAwait(false);
                window.Leave(info.NarSize);
            }

            finished = true;
        }
        finally
        {
            if (!finished)
            {
                Abort();
            }

            await stop.CancelAsync().ConfigureAwait(false);
            await SettleAsync(sending).ConfigureAwait(false);
            End();
        }
    }

    /// <summary>Writes the request for the archive of a path.</summary>
    private protected abstract void WriteNarRequest(StorePath path);

    /// <summary>Reads what comes before the archive's first byte.</summary>
    private protected abstract ValueTask ReadNarAnswerAsync(StorePath path, CancellationToken cancellationToken);

    /// <summary>One archive while it comes: verified, its failures explained like those of every operation.</summary>
    private sealed class DownloadStream(StoreConnection connection, PathInfo info, CancellationToken enumeration) : AsyncReadStream
    {
        private readonly NarVerifyingStream _archive = new(connection.Reader, info);
        private bool _begun;
        private Exception? _failure;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            try
            {
                if (!_begun)
                {
                    await connection.ReadNarAnswerAsync(info.Path, cancellationToken).ConfigureAwait(false);
                    _begun = true;
                }

                return await _archive.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // More archives are on their way: nobody can go on after a failure.
                connection.InStep = false;
                var cancelled = enumeration.IsCancellationRequested ? enumeration : cancellationToken;
                _failure = await connection.ExplainAsync(exception, ConnectionPhase.Download, cancelled).ConfigureAwait(false);
                if (_failure is NixRemoteException failure)
                {
                    failure.Target ??= info.Path.ToString();
                }

                throw _failure;
            }
        }

        /// <summary>Reads what the caller left of the archive.</summary>
        public async ValueTask SkipRestAsync()
        {
            if (!_archive.IsComplete)
            {
                await CopyToAsync(Null, enumeration).ConfigureAwait(false);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _archive.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
