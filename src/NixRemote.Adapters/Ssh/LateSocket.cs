using System.Net.Sockets;

namespace NixRemote.Adapters.Ssh;

/// <summary>Connections that nobody waits for any more.</summary>
internal static class LateSocket
{
    /// <summary>Closes the connection if it is made after all.</summary>
    public static void Abandon(Task<Socket> connecting) => _ = connecting.ContinueWith(
        static late =>
        {
            if (late.IsCompletedSuccessfully)
            {
                late.Result.Dispose();
            }
            else
            {
                _ = late.Exception;
            }
        },
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
