using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;

namespace NixRemote.Stores;

/// <summary>Counts what a copy sends, over all its channels, and tells of it.</summary>
/// <param name="paths">How many paths there are.</param>
/// <param name="total">Bytes of their archives.</param>
/// <param name="progress">Is told.</param>
internal sealed class CopyMeter(int paths, long total, IProgress<CopyProgress>? progress)
{
    private const long ReportEveryBytes = 1024 * 1024;

    private readonly object _lock = new();
    private long _bytes;
    private long _reported;
    private int _done;

    /// <summary>Reads paths from a store, counted.</summary>
    public async IAsyncEnumerable<NarItem> ReadAsync(
        INixStore from, IReadOnlyList<PathInfo> share, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in from.ReadNarsAsync(share, cancellationToken))
        {
            if (progress is null)
            {
                yield return item;
                continue;
            }

            await using var counted = new CountingStream(item.Nar, read => Count(item.Info.Path, read, isWhole: false));
            yield return item with { Nar = counted };
            Count(item.Info.Path, 0, isWhole: true);
        }
    }

    private void Count(StorePath path, int read, bool isWhole)
    {
        lock (_lock)
        {
            _bytes += read;
            if (isWhole)
            {
                _done++;
            }
            else if (_bytes - _reported < ReportEveryBytes)
            {
                return;
            }

            _reported = _bytes;
            progress!.Report(new CopyProgress(path, _done, paths, _bytes, total));
        }
    }
}
