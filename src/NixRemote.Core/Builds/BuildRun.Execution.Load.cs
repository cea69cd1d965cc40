using System.Globalization;

namespace NixRemote.Builds;

public sealed partial class BuildRun
{
    private sealed partial class Execution
    {
        /// <summary>Tells the schedule how busy a builder is, and lets it be asked again later.</summary>
        private void LoadRead(int index, RemoteLoad? load)
        {
            var builder = _run._builders[index];
            builder.Load = load;
            if (load is not null)
            {
                var others = load.OthersBuilds(builder.Builder.MaxJobs, builder.Running);
                _schedule.LoadMeasured(index, others);
                _run._events(new BuildEvent.Decision(string.Create(CultureInfo.InvariantCulture,
                    $"{builder.Name} has a load of {load.Load:0.00} on {load.Processors} processors{(load.IsShortOfMemory ? " and is short of memory" : "")}: as much as {others:0.0} builds of others.")));
            }

            if (builder.ReadLoad is not null && builder.IsReady && !builder.IsLoadWatched)
            {
                builder.IsLoadWatched = true;
                _ = WatchLoadAsync(index);
            }
        }

        private async Task WatchLoadAsync(int index)
        {
            try
            {
                await Task.Delay(_run._options.LoadPause, _stopBuilds.Token).ConfigureAwait(false);
                var load = await _run.ReadLoadAsync(_run._builders[index], _stopBuilds.Token).ConfigureAwait(false);
                _run.Post(() =>
                {
                    _run._builders[index].IsLoadWatched = false;
                    LoadRead(index, load);
                });
            }
            catch (OperationCanceledException) when (_stopBuilds.IsCancellationRequested)
            {
                // The run is over.
            }
        }
    }
}
