using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Tests.StoreObjects;

namespace NixRemote.Tests.Builds;

/// <summary>A store in memory that keeps a store's promises (references valid first) and can be made to misbehave at a chosen moment.</summary>
internal sealed class MemoryStore(string name) : IBuildStore
{
    private readonly ConcurrentDictionary<StorePath, (PathInfo Info, byte[] Nar)> _paths = new();
    private int _building;
    private int _uploads;
    private TaskCompletionSource _cut = new();

    public string Name => name;

    public int Channels { get; set; } = 1;

    /// <summary>How long a question and its answer take on their way.</summary>
    public TimeSpan RoundTrip { get; init; }

    /// <summary>The most calls that added paths at a time.</summary>
    public int MostUploads { get; private set; }

    /// <summary>Whether the machine has no power; switching it off ends what it does.</summary>
    public bool IsDown
    {
        get => _cut.Task.IsCompleted;
        set
        {
            if (value)
            {
                _cut.TrySetResult();
            }
            else
            {
                _cut = new TaskCompletionSource();
            }
        }
    }

    /// <summary>Whether our user is trusted; if not, it takes content-addressed paths, paths with <see cref="TrustedSignature"/>, and builds
    /// only what it has the derivation of.</summary>
    public bool TrustsUs { get; init; } = true;

    /// <summary>Whether its handshake tells that.</summary>
    public bool TellsTrust { get; init; } = true;

    /// <summary>The signature that it takes for a good one.</summary>
    public string? TrustedSignature { get; init; }

    /// <summary>What its substituters have.</summary>
    public HashSet<StorePath> Substitutes { get; } = [];

    /// <summary>What it was asked to fetch from them, in order.</summary>
    public ConcurrentQueue<StorePath> SubstitutesAsked { get; } = new();

    /// <summary>Paths that were added, in order.</summary>
    public ConcurrentQueue<StorePath> Added { get; } = new();

    /// <summary>Derivations that were asked to be built, in order.</summary>
    public ConcurrentQueue<StorePath> BuildsAsked { get; } = new();

    /// <summary>The most builds that ran at a time.</summary>
    public int MostBuilds { get; private set; }

    /// <summary>Runs before a connection is granted.</summary>
    public Func<CancellationToken, Task> OnConnect { get; init; } = _ => Task.CompletedTask;

    /// <summary>Answers a build request; null: build it.</summary>
    public Func<BasicDerivation, CancellationToken, Task<BuildResult?>> OnBuild { get; init; } = (_, _) => Task.FromResult<BuildResult?>(null);

    /// <summary>Runs before each path is added.</summary>
    public Action<StorePath> OnAdd { get; init; } = _ => { };

    /// <summary>Runs before archives are read.</summary>
    public Action<StorePath> OnRead { get; init; } = _ => { };

    public bool Has(StorePath path) => _paths.ContainsKey(path);

    /// <summary>Loses all that it has, as a machine whose disk is replaced.</summary>
    public void Wipe() => _paths.Clear();

    public void Put(StorePath path, byte[] content, params IEnumerable<StorePath> references)
    {
        var nar = NarBytes.File(content);
        _paths[path] = (new PathInfo { Path = path, NarHash = NixHash.Sha256(nar), NarSize = nar.Length, References = [.. references.Order()] }, nar);
    }

    public void Put(Derivation derivation)
    {
        Put(derivation.Path, DerivationWriter.Write(derivation), derivation.InputDerivations.Select(i => i.Key).Concat(derivation.InputSources));
        Describe(derivation.Path, i => i with { ContentAddress = "text:sha256" });
    }

    /// <summary>Changes the info of a path that is there.</summary>
    public void Describe(StorePath path, Func<PathInfo, PathInfo> change) => _paths[path] = (change(_paths[path].Info), _paths[path].Nar);

    public async Task<StoreConnectionInfo> ConnectAsync(CancellationToken cancellationToken)
    {
        Check();
        await OnConnect(cancellationToken);
        Check();
        return new StoreConnectionInfo(StoreProtocol.Worker, new(1, 38), new(1, 38), "2.34.8",
            !TellsTrust ? TrustLevel.Unknown : TrustsUs ? TrustLevel.Trusted : TrustLevel.NotTrusted, new HashSet<string>());
    }

    public async Task<IReadOnlySet<StorePath>> QueryValidPathsAsync(IReadOnlyCollection<StorePath> paths, bool protect, bool substitute, CancellationToken cancellationToken)
    {
        await Task.Delay(RoundTrip, cancellationToken);
        foreach (var path in substitute ? Check(paths) : [])
        {
            SubstitutesAsked.Enqueue(path);
            if (Substitutes.Contains(path))
            {
                Put(path, "substituted"u8.ToArray());
            }
        }

        return Check(paths).Where(_paths.ContainsKey).ToHashSet();
    }

    public Task<IReadOnlyDictionary<StorePath, PathInfo>> QueryPathInfosAsync(IReadOnlyCollection<StorePath> paths, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<StorePath, PathInfo>>(Check(paths).Where(_paths.ContainsKey).ToDictionary(p => p, p => _paths[p].Info));

    public async IAsyncEnumerable<NarItem> ReadNarsAsync(IReadOnlyList<PathInfo> paths, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var info in paths)
        {
            await Task.Yield();
            OnRead(info.Path);
            Check();
            yield return new NarItem(info, new MemoryStream(_paths[info.Path].Nar, writable: false));
        }
    }

    public async Task AddPathsAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken)
    {
        MostUploads = Math.Max(MostUploads, Interlocked.Increment(ref _uploads));
        try
        {
            await AddAsync(count, items, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _uploads);
        }
    }

    private async Task AddAsync(int count, IAsyncEnumerable<NarItem> items, CancellationToken cancellationToken)
    {
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            OnAdd(item.Info.Path);
            Check();
            if (!TrustsUs && item.Info.ContentAddress is null && !item.Info.Signatures.Any(s => s == TrustedSignature))
            {
                throw new NixRemoteException(NixErrors.SignatureMissing, $"{item.Info.Path} lacks a signature by a trusted key") { Builder = name };
            }

            Assert.All(item.Info.References, r => Assert.True(r == item.Info.Path || Has(r), $"{name} lacks {r} of {item.Info.Path}"));
            var nar = new MemoryStream();
            await item.Nar.CopyToAsync(nar, cancellationToken);
            _paths[item.Info.Path] = (item.Info, nar.ToArray());
            Added.Enqueue(item.Info.Path);
            count--;
        }

        Assert.Equal(0, count);
    }

    public async Task<BuildResult> BuildDerivationAsync(BasicDerivation derivation, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken)
    {
        Check();
        return TrustsUs ? await BuildAsync(derivation, events, cancellationToken)
            : throw new NixRemoteException(NixErrors.NotTrusted, "you are not privileged to build input-addressed derivations") { Builder = name };
    }

    public async Task<BuildResult> BuildGoalAsync(DerivedPath goal, BuildOptions options, Action<StoreEvent>? events, CancellationToken cancellationToken)
    {
        Check();
        var (info, nar) = _paths[goal.Path];
        var derivation = DerivationParser.Parse(goal.Path, await NarSingleFile.ReadAsync(new NarItem(info, new MemoryStream(nar)), 1 << 20, cancellationToken));
        foreach (var input in derivation.InputDerivations.Select(i => i.Key))
        {
            if (await BuildGoalAsync(DerivedPath.Built(input), options, events, cancellationToken) is { IsSuccess: false } failed)
            {
                return new BuildResult { Status = BuildStatus.DependencyFailed, ErrorMessage = failed.ErrorMessage };
            }
        }

        return derivation.Outputs.All(o => Has(o.Path!))
            ? new BuildResult { Status = BuildStatus.AlreadyValid }
            : await BuildAsync(derivation, events, cancellationToken);
    }

    private async Task<BuildResult> BuildAsync(BasicDerivation derivation, Action<StoreEvent>? events, CancellationToken cancellationToken)
    {
        BuildsAsked.Enqueue(derivation.Path);
        lock (BuildsAsked)
        {
            MostBuilds = Math.Max(MostBuilds, ++_building);
        }

        try
        {
            events?.Invoke(new StoreEvent.BuildLogLine($"building {derivation.Name} on {name}"));
            await Task.Yield();
            var build = OnBuild(derivation, cancellationToken);
            await Task.WhenAny(build, _cut.Task);
            Check();
            if (await build is { } result)
            {
                return result;
            }

            if (derivation.InputSources.FirstOrDefault(i => !Has(i)) is { } lacking)
            {
                return new BuildResult { Status = BuildStatus.MiscFailure, ErrorMessage = $"{lacking} is not valid" };
            }

            foreach (var output in derivation.Outputs)
            {
                Put(output.Path!, [.. output.Path!.ToString().Select(c => (byte)c)], derivation.InputSources);
            }

            return new BuildResult { Status = BuildStatus.Built };
        }
        finally
        {
            lock (BuildsAsked)
            {
                _building--;
            }
        }
    }

    private T Check<T>(T value)
    {
        Check();
        return value;
    }

    private void Check()
    {
        if (IsDown)
        {
            throw new NixRemoteException(NixErrors.ConnectionLost, $"The connection to {name} broke.") { Builder = name };
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
