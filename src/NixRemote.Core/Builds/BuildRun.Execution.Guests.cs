using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Builds;

/// <content>Builders that do not trust our user (wire.md §4.9): they take content-addressed paths, and so derivations with their sources, and
/// paths that a key has signed which they know. What else a build needs they build or fetch themselves.</content>
public sealed partial class BuildRun
{
    private sealed partial class Execution
    {
        /// <summary>Whether an error says that a builder does not trust us; a store that we read from may say the like of its own paths.</summary>
        private static bool IsDistrust(NixRemoteException exception, RunBuilder builder) =>
            (exception.Definition == NixErrors.NotTrusted || exception.Definition == NixErrors.SignatureMissing)
            && (exception.Builder == builder.Name || exception.Builder == builder.Store.Name);

        private void TellDistrust(int index)
        {
            if (_run._builders[index].RemakesInputs)
            {
                _run.Post(() => _schedule.BuilderDistrusts(index));
            }
        }

        /// <summary>Brings a derivation with all derivations and sources that it needs, and before it those of its inputs that the builder may take.</summary>
        /// <returns>The bytes that were sent.</returns>
        private async Task<long> BringDerivationAsync(RunBuilder builder, Derivation derivation)
        {
            var target = builder.Store;
            var inputs = derivation.InputDerivations.SelectMany(i => _run._graph.Outputs(i.Key, i.Value).Values).Distinct().ToList();
            await target.ProtectAsync(inputs, _stopBuilds.Token).ConfigureAwait(false);

            // Now, for over the serve protocol it does not fetch any more once it has built (wire.md §7).
            await target.SubstituteAsync([.. inputs.Where(i => !target.Has(i))], _stopBuilds.Token).ConfigureAwait(false);
            var bytes = await BringSignedAsync(builder, [.. inputs.Where(i => !target.Has(i))]).ConfigureAwait(false);
            return bytes + (await _run._transfers.EnsureAsync(_run._source, target, [derivation.Path], _stopBuilds.Token).ConfigureAwait(false)).Bytes;
        }

        /// <summary>Brings those of the inputs whose whole closure is signed or content-addressed. If the builder does not know the key, it is not tried again.</summary>
        private async Task<long> BringSignedAsync(RunBuilder builder, IReadOnlyList<StorePath> inputs)
        {
            var bytes = 0L;
            foreach (var group in inputs.GroupBy(_run.Holder).Where(g => g.Key is not null).ToList())
            {
                var missing = await _run._transfers.MissingAsync(group.Key!, builder.Store, group, protect: false, _stopBuilds.Token).ConfigureAwait(false);
                var refused = PathOutline.Refused(missing, outline => MayTake(builder, outline));
                var taken = group.Where(i => !refused.Contains(i)).ToList();
                if (taken.Count > 0)
                {
                    bytes += await TryBringAsync(builder, group.Key!, taken).ConfigureAwait(false);
                }
            }

            return bytes;
        }

        private static bool MayTake(RunBuilder builder, PathOutline path) =>
            path.IsContentAddressed || (builder.TakesSignedPaths && (path.IsVouchedFor || builder.Signs));

        private async Task<long> TryBringAsync(RunBuilder builder, RunStore from, IReadOnlyList<StorePath> paths)
        {
            try
            {
                return (await _run._transfers.EnsureAsync(from, builder.Store, paths, _stopBuilds.Token).ConfigureAwait(false)).Bytes;
            }
            catch (NixRemoteException exception) when (IsDistrust(exception, builder))
            {
                builder.TakesSignedPaths = false;
                _run._events(new BuildEvent.Decision($"{builder.Name} builds itself what was to be sent there: {exception.Message}"));
                return 0;
            }
        }

        /// <summary>Asks a builder, after a build, for the outputs of the derivations that it may have built or fetched on the way.</summary>
        private async Task LearnOfBuiltAsync(int node, RunBuilder builder)
        {
            var paths = BuiltFor(_work.Paths[node]).SelectMany(path => _run._graph.Outputs(path, null).Values).Where(path => !builder.Store.Has(path)).ToList();
            builder.Store.Unlearn(paths);
            await builder.Store.LearnAsync(paths, protect: true, substitute: false, _stopBuilds.Token).ConfigureAwait(false);
        }
    }
}
