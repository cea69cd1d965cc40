namespace NixRemote.Stores;

/// <summary>
/// Enforces the limits of a build that its protocol does not carry (wire.md §4.7): when one passes, the connection is
/// broken, which ends the remote build, and <see cref="Passed"/> is the result. At once where the build writes too much; else
/// when <see cref="BuildHangUp"/> says.
/// </summary>
internal sealed class BuildLimits : IDisposable
{
    private readonly BuildOptions _options;
    private readonly string _what;
    private readonly TimeSpan _grace;
    private readonly Action _hangUp;
    private readonly Action _abort;
    private readonly Timer? _silence;
    private readonly Timer? _whole;
    private long _logBytes;
    private BuildResult? _passed;

    /// <summary>Begins to watch.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="what">What is built, for the message.</param>
    /// <param name="grace">How much later than said the limits of time are enforced.</param>
    /// <param name="hangUp">Breaks the connection when the remote notices it.</param>
    /// <param name="abort">Breaks the connection.</param>
    public BuildLimits(BuildOptions options, string what, TimeSpan grace, Action hangUp, Action abort)
    {
        _options = options;
        _what = what;
        _grace = grace;
        _hangUp = hangUp;
        _abort = abort;
        if (options.MaxSilentTime is { } silence)
        {
            _silence = new Timer(_ => Pass(BuildStatus.TimedOut, $"timed out after {silence.TotalSeconds:0.###} seconds of silence", _hangUp));
            _silence.Change(silence + grace, Timeout.InfiniteTimeSpan);
        }

        if (options.Timeout is { } whole)
        {
            _whole = new Timer(_ => Pass(BuildStatus.TimedOut, $"timed out after {whole.TotalSeconds:0.###} seconds", _hangUp));
            _whole.Change(whole + grace, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The result, if a limit has passed.</summary>
    public BuildResult? Passed => Volatile.Read(ref _passed);

    /// <summary>Takes note of what the build says.</summary>
    public void OnEvent(StoreEvent storeEvent)
    {
        if (storeEvent is not StoreEvent.BuildLogLine line)
        {
            return;
        }

        if (_options.MaxSilentTime is { } silence)
        {
            _silence!.Change(silence + _grace, Timeout.InfiniteTimeSpan);
        }

        _logBytes += line.Text.Length + 1;
        if (_options.MaxLogSize > 0 && _logBytes > _options.MaxLogSize)
        {
            Pass(BuildStatus.LogLimitExceeded, $"wrote more than {_options.MaxLogSize} bytes of log", _abort);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _silence?.Dispose();
        _whole?.Dispose();
    }

    private void Pass(BuildStatus status, string message, Action end)
    {
        var result = new BuildResult { Status = status, ErrorMessage = $"building of '{_what}' {message}" };
        if (Interlocked.CompareExchange(ref _passed, result, null) is null)
        {
            end();
        }
    }
}
