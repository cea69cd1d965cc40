using System.Management.Automation;

namespace NixRemote.Commands;

/// <summary>What all cmdlets of the module share: cancellation, error records, and background work whose records
/// reach the pipeline on its own thread.</summary>
public abstract class NixCmdlet : PSCmdlet, IDisposable
{
    /// <summary>How long a stopped cmdlet waits for its background work to let go of everything.</summary>
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();

    /// <summary>Cancelled when the user presses Ctrl-C or the pipeline is stopped.</summary>
    protected CancellationToken StopToken => _stop.Token;

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Cancel();
            _stop.Dispose();
        }
    }

    /// <summary>Whether the user asks what would be done: -WhatIf, or $WhatIfPreference.</summary>
    private protected bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out var given)
        ? ((SwitchParameter)given).IsPresent
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    /// <summary>The error of a name that no builder has.</summary>
    private protected static NixRemoteException NoSuchBuilder(string name) =>
        new(NixErrors.BuilderNotFound, $"There is no builder with the name '{name}'.") { Target = name };

    /// <summary>Writes a non-terminating error.</summary>
    private protected void WriteNixError(Exception exception, object? target = null) => WriteError(ErrorRecords.From(exception, target));

    /// <summary>Ends the cmdlet with an error.</summary>
    private protected void ThrowNixError(Exception exception, object? target = null) => ThrowTerminatingError(ErrorRecords.From(exception, target));

    /// <summary>Runs work in the background and writes its records here as they come. A failure of the work ends the
    /// cmdlet; work that is stopped is waited for, but not longer than 2 s.</summary>
    private protected void RunInBackground(Func<PipelineRecords, CancellationToken, Task> work)
    {
        var records = new PipelineRecords();
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var running = Task.Run(async () =>
        {
            try
            {
                await work(records, cancel.Token).ConfigureAwait(false);
            }
            finally
            {
                records.Complete();
            }
        });
        var pumped = false;
        try
        {
            pumped = records.Pump(this, _stop.Token, _stopLimit);
        }
        finally
        {
            // Leaving early (a write threw since the pipeline is stopping) must not leave builds behind.
            if (!pumped)
            {
                cancel.Cancel();
                Task.WaitAny([running], _stopLimit);
            }
        }

        try
        {
            if (!pumped && !running.IsCompleted)
            {
                throw new PipelineStoppedException();
            }

            running.GetAwaiter().GetResult();
            cancel.Dispose();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception exception) when (exception is not PipelineStoppedException)
        {
            ThrowNixError(exception);
        }
    }

    /// <summary>Waits for work that the system may hold up, such as reading a pipe or a file on a machine that is gone, until the user
    /// stops it.</summary>
    private protected T Interruptible<T>(Func<T> work)
    {
        var running = Task.Run(work);
        try
        {
            running.Wait(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        catch (AggregateException)
        {
            // Told below as what it is.
        }

        return running.GetAwaiter().GetResult();
    }

    /// <summary>The file system path of a PowerShell path (relative to the current location, wildcards not expanded).</summary>
    private protected string ResolvePath(string path) => GetUnresolvedProviderPathFromPSPath(path);

    /// <summary>The files that a PowerShell path with wildcards names; a path that names none is an error, and nothing comes.</summary>
    private protected IReadOnlyCollection<string> ExpandPath(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            return [ResolvePath(path)];
        }

        try
        {
            return GetResolvedProviderPathFromPSPath(path, out _);
        }
        catch (ItemNotFoundException missing)
        {
            WriteNixError(new NixRemoteException(NixErrors.ConfigurationFileUnreadable, missing.Message, missing) { Target = path });
            return [];
        }
    }
}
