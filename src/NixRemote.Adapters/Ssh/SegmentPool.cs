using System.Collections.Concurrent;

namespace NixRemote.Adapters.Ssh;

/// <summary>
/// The pieces of all receive buffers. The shared array pool keeps few of this size, and a reader that is behind takes and
/// returns hundreds: what it does not keep would be garbage, as much as is received.
/// </summary>
internal static class SegmentPool
{
    /// <summary>The size of each piece, in bytes.</summary>
    public const int SegmentSize = 64 * 1024;

    private const int MaxKept = SshLimits.MaxWindow / SegmentSize;

    private static readonly ConcurrentQueue<byte[]> _kept = new();
    private static int _count;

    /// <summary>Takes a piece.</summary>
    public static byte[] Rent()
    {
        if (!_kept.TryDequeue(out var segment))
        {
            return GC.AllocateUninitializedArray<byte>(SegmentSize);
        }

        Interlocked.Decrement(ref _count);
        return segment;
    }

    /// <summary>Gives a piece back.</summary>
    public static void Return(byte[] segment)
    {
        if (Interlocked.Increment(ref _count) <= MaxKept)
        {
            _kept.Enqueue(segment);
        }
        else
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
