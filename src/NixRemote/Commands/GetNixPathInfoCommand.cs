using System.Management.Automation;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using PathInfo = NixRemote.StoreObjects.PathInfo;

namespace NixRemote.Commands;

/// <summary><c>Get-NixPathInfo</c>: what stores know of paths, and which of them have them.</summary>
[Cmdlet(VerbsCommon.Get, "NixPathInfo")]
[OutputType(typeof(NixPathInfo))]
public sealed class GetNixPathInfoCommand : StorePathCmdlet
{
    /// <summary>The stores to ask: URIs or names of configured builders. Default: the local store.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string[]? Store { get; set; }

    /// <summary>Tell of all that the paths refer to as well, references first.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <summary>Add up the archives of each path's closure.</summary>
    [Parameter]
    public SwitchParameter ClosureSize { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Paths.Count > 0)
        {
            RunInBackground(TellAsync);
        }
    }

    private async Task TellAsync(PipelineRecords records, CancellationToken cancellationToken)
    {
        var factory = Stores(records);
        var asked = await Task.WhenAll((Store ?? [null!]).Select(text => AskedStore.OpenAsync(() => OpenStore(factory, text), Paths, cancellationToken)))
            .ConfigureAwait(false);
        try
        {
            foreach (var store in asked.Where(store => store.Failure is not null))
            {
                records.Error(store.Failure!);
            }

            var answering = asked.Where(store => store.Failure is null).ToList();
            foreach (var missing in answering.Count == 0 ? [] : Paths.Distinct().Where(path => !answering.Exists(store => store.Infos.ContainsKey(path))))
            {
                records.Error(new NixRemoteException(NixErrors.PathNotValid, $"{string.Join(" and ", answering.Select(store => store.Name))} "
                    + $"{(answering.Count == 1 ? "does" : "do")} not have '{missing}'.") { Target = missing.ToString() });
            }

            var keys = TrustedKeysAnd(null);
            foreach (var group in Paths.Distinct().GroupBy(path => answering.Find(store => store.Infos.ContainsKey(path))).Where(group => group.Key is not null))
            {
                await TellAsync(group.Key!, [.. group], answering, keys, records, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await Task.WhenAll(asked.Select(store => store.DisposeAsync().AsTask())).ConfigureAwait(false);
        }
    }

    // Tells of paths that a store is the first to have.
    private async Task TellAsync(
        AskedStore store, IReadOnlyList<StorePath> paths, List<AskedStore> answering, TrustedKeys keys, PipelineRecords records, CancellationToken cancellationToken)
    {
        var closure = Recurse || ClosureSize
            ? await ClosureCopy.QueryClosureAsync(store.Store!, paths, cancellationToken).ConfigureAwait(false)
            : store.Infos;
        var told = Recurse ? [.. ClosureOrder.ReferencesFirst([.. closure.Values]).Select(info => info.Path)] : paths;
        var others = await Task.WhenAll(answering.Select(async other => (other.Name,
            Valid: Recurse && other != store
                ? await other.Store!.QueryValidPathsAsync(told, protect: false, substitute: false, cancellationToken).ConfigureAwait(false)
                : null,
            Other: other))).ConfigureAwait(false);
        foreach (var info in told.Select(path => closure[path]))
        {
            var have = others.ToLookup(o => o.Valid?.Contains(info.Path) ?? (o.Other == store || o.Other.Infos.ContainsKey(info.Path)), o => o.Name);
            records.Object(new NixPathInfo
            {
                Path = info.Path.ToString(),
                Stores = [store.Name, .. have[true].Where(name => name != store.Name)],
                MissingFrom = [.. have[false]],
                NarHash = info.NarHash.ToString(),
                NarSize = info.NarSize,
                ClosureSize = ClosureSize ? SizeOfClosure(info.Path, closure) : null,
                References = [.. info.References.Select(r => r.ToString())],
                Deriver = info.Deriver?.ToString(),
                Signatures = info.Signatures,
                IsTrusted = keys.Trusts(info),
                ContentAddress = info.ContentAddress,
                RegistrationTime = info.RegistrationTime > 0 ? DateTimeOffset.FromUnixTimeSeconds(info.RegistrationTime) : null,
                Ultimate = info.Ultimate,
            });
        }
    }

    private static long SizeOfClosure(StorePath root, IReadOnlyDictionary<StorePath, PathInfo> infos)
    {
        var seen = new HashSet<StorePath> { root };
        var left = new Stack<StorePath>([root]);
        var size = 0L;
        while (left.TryPop(out var path))
        {
            size += infos[path].NarSize;
            foreach (var reference in infos[path].References.Where(seen.Add))
            {
                left.Push(reference);
            }
        }

        return size;
    }

    /// <summary>A store that was asked for the paths, or why it could not be.</summary>
    private sealed class AskedStore : IAsyncDisposable
    {
        public INixStore? Store { get; private init; }

        public NixRemoteException? Failure { get; private init; }

        public IReadOnlyDictionary<StorePath, PathInfo> Infos { get; private init; } = new Dictionary<StorePath, PathInfo>();

        public string Name => Store!.Name;

        public static async Task<AskedStore> OpenAsync(Func<INixStore> open, IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken)
        {
            INixStore? store = null;
            try
            {
                store = open();
                return new AskedStore { Store = store, Infos = await store.QueryPathInfosAsync([.. paths.Distinct()], cancellationToken).ConfigureAwait(false) };
            }
            catch (NixRemoteException exception)
            {
                return new AskedStore { Store = store, Failure = exception };
            }
        }

        public ValueTask DisposeAsync() => Store?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
