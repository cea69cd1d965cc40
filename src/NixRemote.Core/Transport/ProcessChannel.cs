using System.ComponentModel;
using System.Diagnostics;

namespace NixRemote.Transport;

/// <summary>
/// A local process as a channel: its standard input and output, and its standard error drained. Disposing closes its
/// input and waits 0.7 s for it to end by itself, as Nix programs do; then it and its children are killed.
/// </summary>
public sealed class ProcessChannel : IDuplexChannel
{
    private static readonly TimeSpan _endsByItself = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan _drainsAfterwards = TimeSpan.FromMilliseconds(300);

    private readonly Process _process;
    private readonly Stream _standardError;
    private readonly object _lock = new();
    private Task? _ending;

    private ProcessChannel(Process process, string description, Func<string, bool>? errorFilter)
    {
        _process = process;
        _standardError = process.StandardError.BaseStream;
        Description = description;
        Input = process.StandardOutput.BaseStream;
        Output = process.StandardInput.BaseStream;
        StandardError = new StandardErrorLog { Filter = errorFilter };
        Exited = WaitForExitAsync();
        _ = DrainAsync();
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public Stream Input { get; }

    /// <inheritdoc/>
    public Stream Output { get; }

    /// <inheritdoc/>
    public StandardErrorLog StandardError { get; }

    /// <inheritdoc/>
    public Task<int?> Exited { get; }

    /// <summary>The process's id.</summary>
    internal int ProcessId => _process.Id;

    /// <summary>Starts a program.</summary>
    /// <param name="command">The program, looked up on PATH if it is a bare name, and its arguments: no shell in between.</param>
    /// <param name="environment">Variables to set; with null as value: to remove. Null: the environment as it is.</param>
    /// <param name="description">What it is, for messages; null: the command.</param>
    /// <param name="errorFilter">Shown each line of standard error, from the first on, and decides whether it is kept; must not block.</param>
    /// <exception cref="NixRemoteException">RemoteProgramNotFound: there is no such program, or it cannot be run.</exception>
    public static ProcessChannel Start(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string?>? environment = null, string? description = null, Func<string, bool>? errorFilter = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(command.Count, nameof(command));
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        try
        {
            return new ProcessChannel(Process.Start(start)!, description ?? string.Join(' ', command), errorFilter);
        }
        catch (Win32Exception exception)
        {
            throw new NixRemoteException(NixErrors.RemoteProgramNotFound,
                $"The program '{command[0]}' cannot be run: {exception.Message}.", exception)
            {
                Target = command[0],
                RecommendedAction = $"Install it, or put '{command[0]}' on the PATH.",
            };
        }
    }

    /// <inheritdoc/>
    public void Abort() => _ = EndAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        await StandardError.Ended.WaitAsync(_drainsAfterwards).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _standardError.DisposeAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    /// <summary>Kills the process and its children at once, and lets go of them.</summary>
    internal async Task KillAsync()
    {
        Kill();
        await DisposeAsync().ConfigureAwait(false);
    }

    // Closing our ends makes pending reads and writes fail at once, and tells the program that nobody is there any more:
    // a Nix program then ends its builds properly, which it cannot do when it is killed.
    private Task EndAsync()
    {
        lock (_lock)
        {
            return _ending ??= EndOnceAsync();
        }
    }

    private async Task EndOnceAsync()
    {
        if (OperatingSystem.IsWindows())
        {
            // There, closing waits for a pending read, and only the end of the process ends that.
            Kill();
        }

        Output.Dispose();
        Input.Dispose();
        await ((Task)Exited).WaitAsync(_endsByItself).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!Exited.IsCompleted)
        {
            Kill();
            await ((Task)Exited).WaitAsync(_drainsAfterwards).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It, or a child of it, has ended in the meantime.
            Debug.WriteLine(exception);
        }
    }

    private async Task<int?> WaitForExitAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        return _process.ExitCode;
    }

    private async Task DrainAsync()
    {
        var buffer = new byte[16 * 1024];
        try
        {
            for (int read; (read = await _standardError.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
            {
                StandardError.Append(buffer.AsSpan(0, read));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // Disposed while a child of the process still holds its standard error.
            Debug.WriteLine(exception);
        }
        finally
        {
            StandardError.Complete();
        }
    }
}
