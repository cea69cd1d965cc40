namespace NixRemote.Adapters.Ssh;

/// <summary>What receive windows may grow by, shared by all channels of the process.</summary>
internal sealed class WindowBudget(long bytes)
{
    private long _left = bytes;

    /// <summary>The one of this process.</summary>
    public static WindowBudget Shared { get; } = new(SshLimits.WindowGrowthBudget);

    /// <summary>Takes some; false if there is not as much left.</summary>
    public bool TryTake(int amount)
    {
        if (Interlocked.Add(ref _left, -amount) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _left, amount);
        return false;
    }

    /// <summary>Gives back what was taken.</summary>
    public void Return(int amount) => Interlocked.Add(ref _left, amount);
}
