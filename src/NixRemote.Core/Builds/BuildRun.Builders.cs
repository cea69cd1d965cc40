using NixRemote.Scheduling;
using NixRemote.Stores;

namespace NixRemote.Builds;

public sealed partial class BuildRun
{
    /// <summary>Bytes of a transfer from which on its time tells the bandwidth.</summary>
    private const long TellingBytes = 1024 * 1024;

    /// <summary>Told on the loop when a builder has become ready, failed, or gone; set by the execution.</summary>
    private Action<int> _builderChanged = _ => { };

    /// <summary>Told on the loop the bandwidth to a builder, in bytes a second.</summary>
    private Action<int, double> _bandwidthMeasured = (_, _) => { };

    /// <summary>Reaches a builder, for the first time or after a rest, and asks what it has.</summary>
    private async Task ConnectAsync(int index, Task<DerivationGraph> graph, CancellationToken cancellationToken)
    {
        var builder = _builders[index];
        try
        {
            var begun = _clock.Elapsed;
            var info = await builder.Builds.ConnectAsync(cancellationToken).ConfigureAwait(false);
            var connectTime = _clock.Elapsed - begun;
            var load = ReadLoadAsync(builder, cancellationToken);
            await builder.Store.LearnAsync(AllPaths(await graph.ConfigureAwait(false)), protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
            builder.Load = await load.ConfigureAwait(false);
            Post(() => Connected(index, info, connectTime));
        }
        catch (NixRemoteException exception)
        {
            Post(() => Lose(index, exception));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run ends, and with it everybody who waits for this builder.
            Post(() => builder.IsConnecting = false);
        }
        catch (Exception exception)
        {
            Post(() => Lose(index, new NixRemoteException(NixErrors.Unexpected, exception.ToString(), exception) { Builder = builder.Name }));
        }
    }

    /// <summary>How busy a builder is; null if it is not asked, or does not tell.</summary>
    private async Task<RemoteLoad?> ReadLoadAsync(RunBuilder builder, CancellationToken cancellationToken)
    {
        if (builder.ReadLoad is null)
        {
            return null;
        }

        try
        {
            return await builder.ReadLoad(cancellationToken).ConfigureAwait(false);
        }
        catch (NixRemoteException exception)
        {
            _events(new BuildEvent.Decision($"Nobody knows how busy {builder.Name} is: {exception.Message}"));
            return null;
        }
    }

    private void Connected(int index, StoreConnectionInfo info, TimeSpan connectTime)
    {
        var builder = _builders[index];
        if (builder.IsGone)
        {
            return;
        }

        if (builder.WasReady || builder.Error is not null)
        {
            _events(new BuildEvent.Decision($"{builder.Name} is back."));
        }

        (builder.IsConnecting, builder.IsReady, builder.WasReady, builder.Error) = (false, true, true, null);
        _firstConnected ??= _clock.Elapsed;
        _events(new BuildEvent.BuilderConnected(builder.Name, info, connectTime));
        if (info.Trust == TrustLevel.NotTrusted)
        {
            Distrusted(builder);
        }

        _builderChanged(index);
    }

    /// <summary>A builder said, when it was connected or by an error, that it does not trust our user.</summary>
    private void Distrusted(RunBuilder builder)
    {
        if (builder.TrustsUs)
        {
            builder.TrustsUs = false;
            _events(new BuildEvent.BuilderDistrusts(builder.Name));
        }
    }

    /// <summary>A builder failed: it rests, or is not used again. To be called on the loop.</summary>
    private void Lose(int index, NixRemoteException exception)
    {
        var builder = _builders[index];
        if (builder.IsGone || (!builder.IsReady && !builder.IsConnecting))
        {
            return;
        }

        exception.Builder ??= builder.Name;
        (builder.IsConnecting, builder.IsReady, builder.Error, builder.IsGone) = (false, false, exception, BuildErrors.IsForGood(exception));
        if (builder.Store != _source)
        {
            builder.Store.Forget();
        }

        if (builder.IsLocal)
        {
            _events(new BuildEvent.Decision($"This machine does not build: {exception.Message}"));
        }
        else if (!builder.WasReported)
        {
            builder.WasReported = true;
            _events(new BuildEvent.BuilderLost(builder.Name, exception, builder.IsGone));
        }
        else
        {
            _events(new BuildEvent.Decision($"{builder.Name} {(builder.IsGone ? "is not tried again" : "rests again")}: {exception.Message}"));
        }

        _builderChanged(index);
    }

    /// <summary>Waits until builders can be used: for the first without limit, for the others a short time more.</summary>
    private async Task AwaitBuildersAsync(CancellationToken cancellationToken)
    {
        using var grace = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        while (Array.Exists(_builders, b => b.IsConnecting))
        {
            try
            {
                (await _posted.Reader.ReadAsync(grace.Token).ConfigureAwait(false))();
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return;
            }

            // This machine connects at once, and must not make the others late.
            if (_firstConnected is { } first && Array.Exists(_builders, b => b.IsReady && !b.IsLocal))
            {
                var left = first + _options.ConnectGrace - _clock.Elapsed;
                grace.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            }
        }
    }

    /// <summary>Tells a schedule how a builder is, and what it has.</summary>
    /// <returns>Nodes that are done by that.</returns>
    private List<int> TellOfBuilder(GraphSchedule schedule, RunWork work, int index)
    {
        var builder = _builders[index];
        var found = new List<int>();
        if (builder.Error is { } error)
        {
            if (builder.IsGone)
            {
                schedule.BuilderGone(index, error, _clock.Elapsed);
            }
            else
            {
                schedule.BuilderFailed(index, error, _clock.Elapsed);
            }
        }
        else if (builder.IsReady)
        {
            if (builder.RemakesInputs)
            {
                schedule.BuilderDistrusts(index);
            }

            schedule.BuilderReady(index, _clock.Elapsed);
            for (var input = 0; input < work.Inputs.Count; input++)
            {
                if (builder.Store.Has(work.Inputs[input]))
                {
                    schedule.InputAt(input, index);
                }
            }

            TellOfOutputs(schedule, work, index, found);
        }

        return found;
    }

    /// <summary>Tells a schedule which outputs a builder has.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="work">What it may have to build.</param>
    /// <param name="index">The builder.</param>
    /// <param name="found">Nodes that are done by that are added.</param>
    private void TellOfOutputs(GraphSchedule schedule, RunWork work, int index, List<int> found)
    {
        for (var node = 0; node < work.Paths.Count; node++)
        {
            if (schedule.StateOf(node) is not (NodeState.Failed or NodeState.DependencyFailed) && work.Wanted(node).All(_builders[index].Store.Has))
            {
                if (schedule.StateOf(node) is NodeState.Waiting or NodeState.Ready)
                {
                    found.Add(node);
                }

                schedule.OutputsAt(node, index);
            }
        }
    }

    private void OnTransfer(BuildEvent transfer)
    {
        _events(transfer);
        if (transfer is BuildEvent.TransferEnded { Bytes: >= TellingBytes } ended && ended.Time > TimeSpan.Zero && ended.From == _source.Name)
        {
            var index = Array.FindIndex(_builders, b => b.Store.Name == ended.To);
            if (index >= 0)
            {
                Post(() => _bandwidthMeasured(index, ended.Bytes / ended.Time.TotalSeconds));
            }
        }
    }
}
