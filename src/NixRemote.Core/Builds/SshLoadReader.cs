using System.Text;
using NixRemote.Transport;

namespace NixRemote.Builds;

/// <summary>Reads the load of a machine over an SSH session of its own, which is kept open between the readings.</summary>
/// <param name="logIn">Logs in.</param>
/// <param name="name">The machine, for messages.</param>
public sealed class SshLoadReader(Func<CancellationToken, Task<ISshSession>> logIn, string name) : IAsyncDisposable
{
    /// <summary>The longest that one reading may take.</summary>
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(10);

    /// <summary>Bytes that an answer may have.</summary>
    private const int MaxAnswer = 4096;

    private ISshSession? _session;

    /// <summary>For any Bourne shell: lines for <see cref="RemoteLoad.Parse"/>, of Linux's /proc or the sysctl of macOS and the BSDs.</summary>
    public const string Command =
        """
        if [ -r /proc/loadavg ]; then
        echo load $(cat /proc/loadavg)
        echo processors $(getconf _NPROCESSORS_ONLN)
        awk '$1=="MemTotal:"{print "memory",$2*1024} $1=="MemAvailable:"{print "available",$2*1024}' /proc/meminfo
        for what in cpu memory; do sed -n "s/^some avg10=\([0-9.]*\).*/$what-pressure \1/p" /proc/pressure/$what 2>/dev/null | sed s/^cpu/processor/; done
        else
        echo load $(sysctl -n vm.loadavg | tr -d '{}')
        echo processors $(sysctl -n hw.ncpu)
        echo memory $(sysctl -n hw.memsize hw.physmem 2>/dev/null | head -n 1)
        fi; true
        """;

    /// <summary>Reads it once.</summary>
    /// <exception cref="NixRemoteException">What logging in throws; ConnectionTimeout; RemoteError: the machine does not tell its load.</exception>
    public async Task<RemoteLoad> ReadAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_limit);
        try
        {
            if (_session is not { IsConnected: true })
            {
                await DisposeAsync().ConfigureAwait(false);
                _session = await logIn(limit.Token).ConfigureAwait(false);
            }

            var channel = await _session.ExecuteAsync(Command, limit.Token).ConfigureAwait(false);
            await using (channel.ConfigureAwait(false))
            {
                var buffer = new byte[MaxAnswer];
                var length = await channel.Input.ReadAtLeastAsync(buffer, MaxAnswer, throwOnEndOfStream: false, limit.Token).ConfigureAwait(false);
                return RemoteLoad.Parse(Encoding.UTF8.GetString(buffer, 0, length))
                    ?? throw new NixRemoteException(NixErrors.RemoteError, $"{name} does not tell its load.") { Builder = name, StandardErrorTail = channel.StandardError.Tail() };
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NixRemoteException(NixErrors.ConnectionTimeout, $"{name} did not tell its load within {_limit.TotalSeconds} s.") { Builder = name };
        }
        catch (IOException exception)
        {
            throw new NixRemoteException(NixErrors.ConnectionLost, $"The connection to {name} broke: {exception.Message}", exception) { Builder = name };
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
        {
            await _session.DisposeAsync().ConfigureAwait(false);
            _session = null;
        }
    }
}
