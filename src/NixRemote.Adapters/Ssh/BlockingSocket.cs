namespace NixRemote.Adapters.Ssh;

/// <summary>
/// Work with sockets that blocks, on threads of its own. A socket that was once waited for asynchronously is watched by the
/// runtime from then on: each packet wakes two of its threads more, whoever reads it.
/// </summary>
internal static class BlockingSocket
{
    /// <summary>Runs work that blocks; to end it, its sockets are disposed of.</summary>
    public static Task RunAsync(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
