using System.Collections.Concurrent;
using System.Diagnostics;
using NixRemote.Builders;
using NixRemote.StoreObjects;
using NixRemote.Stores;
using NixRemote.Transport;

namespace NixRemote.Diagnosis;

/// <summary>
/// One builder under test: what the checks open and learn, each thing once. It logs in once; the questions to the machine and the store's protocol
/// go over that session.
/// </summary>
internal sealed class BuilderExamination : IAsyncDisposable
{
    /// <summary>Any path does for a question: the answer "not valid" takes the same way.</summary>
    private static readonly StorePath _anyPath = StorePath.FromBaseName($"{new string('0', StorePath.HashLength)}-latency");

    private readonly StoreFactory _stores;
    private readonly StoreOpenOptions _open;
    private readonly ConcurrentDictionary<BuilderCheckName, string> _steps = new();
    private (bool Done, NixRemoteException? Failure) _logIn;
    private (bool Done, NixRemoteException? Failure) _connect;
    private (bool Done, NixRemoteException? Failure) _report;

    /// <param name="builder">The builder.</param>
    /// <param name="stores">Opens its store.</param>
    /// <param name="open">How.</param>
    /// <param name="options">What is asked for.</param>
    public BuilderExamination(NixBuilder builder, StoreFactory stores, StoreOpenOptions open, BuilderTestOptions options)
    {
        Builder = builder;
        _stores = stores;
        _open = open;
        Options = options;
    }

    /// <summary>The builder.</summary>
    public NixBuilder Builder { get; }

    /// <summary>What is asked for.</summary>
    public BuilderTestOptions Options { get; }

    /// <summary>Whether it is reached over SSH.</summary>
    public bool IsRemote => _stores.LogIn(Builder.ToStoreUri(), _open) is not null;

    /// <summary>The steps of logging in that are done, with what was found; empty as well where the transport does not tell.</summary>
    public IReadOnlyDictionary<BuilderCheckName, string> Steps => _steps;

    /// <summary>The session, once it is open.</summary>
    public ISshSession? Session { get; private set; }

    /// <summary>What it told of itself; null if it was not asked, or did not run the question.</summary>
    public BuilderReport? Report { get; private set; }

    /// <summary>The store, once it is open.</summary>
    public IBuildStore? Store { get; private set; }

    /// <summary>What the handshake told.</summary>
    public StoreConnectionInfo? StoreInfo { get; private set; }

    /// <summary>How long logging in and opening the store took.</summary>
    public TimeSpan? ConnectTime { get; private set; }

    /// <summary>The shortest round trip.</summary>
    public TimeSpan? Latency { get; private set; }

    /// <summary>Whether its Nix trusts the user, by the handshake or else by its own configuration.</summary>
    public TrustLevel Trust => StoreInfo?.Trust switch
    {
        null or TrustLevel.Unknown => Report?.Facts?.IsTrusted switch
        {
            true => TrustLevel.Trusted,
            false => TrustLevel.NotTrusted,
            null => TrustLevel.Unknown,
        },
        var said => said.Value,
    };

    /// <summary>Looks whether its URI is of a store that can be opened.</summary>
    /// <exception cref="NixRemoteException">StoreUriInvalid, LocalStoreUnavailable.</exception>
    public async Task CheckUriAsync() => await _stores.Open(Builder.ToStoreUri(), _open).DisposeAsync().ConfigureAwait(false);

    /// <summary>Logs in, the first time.</summary>
    /// <returns>Why that failed; null if it did not, or there is nothing to log in to.</returns>
    public async Task<NixRemoteException?> LogInAsync(CancellationToken cancellationToken)
    {
        if (!_logIn.Done)
        {
            var clock = Stopwatch.StartNew();
            _logIn = (true, await TryAsync(async () =>
            {
                if (_stores.LogIn(Builder.ToStoreUri(), _open, step => _steps[step.Check] = step.Message) is { } logIn)
                {
                    Session = await logIn(cancellationToken).ConfigureAwait(false);
                }
            }).ConfigureAwait(false));
            ConnectTime = clock.Elapsed;
        }

        return _logIn.Failure;
    }

    /// <summary>Asks the machine about itself, the first time.</summary>
    /// <returns>Why it did not take the question; null if it did.</returns>
    public async Task<NixRemoteException?> ReportAsync(CancellationToken cancellationToken)
    {
        if (!_report.Done && Session is not null)
        {
            _report = (true, await TryAsync(() => WithinAsync(
                async stop => Report = await BuilderReport.AskAsync(Session.ExecuteAsync, TimeProvider.System, stop).ConfigureAwait(false), cancellationToken))
                .ConfigureAwait(false));
        }

        return _report.Failure;
    }

    /// <summary>Opens the store, the first time.</summary>
    /// <returns>Why that failed; null if it did not.</returns>
    public async Task<NixRemoteException?> ConnectAsync(CancellationToken cancellationToken)
    {
        if (!_connect.Done)
        {
            var clock = Stopwatch.StartNew();
            _connect = (true, await TryAsync(async () =>
            {
                Store = Session is null ? _stores.Open(Builder.ToStoreUri(), _open) : _stores.OpenOn(Session, Builder.ToStoreUri(), _open);
                await WithinAsync(
                    async stop =>
                    {
                        var info = await Store.ConnectAsync(stop).ConfigureAwait(false);
                        ConnectTime += clock.Elapsed;

                        // nix-store greets before it looks for its daemon: only an answer proves that it has one.
                        await MeasureLatencyAsync(stop).ConfigureAwait(false);
                        StoreInfo = info;
                    },
                    cancellationToken).ConfigureAwait(false);
            }).ConfigureAwait(false));
        }

        return _connect.Failure;
    }

    /// <summary>Asks the builder's nix-store a question there, to learn what keeps Nix from answering.</summary>
    /// <param name="failure">What is known.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>A failure that names the cause, or the one that is known.</returns>
    public async Task<NixRemoteException> AskNixWhyAsync(NixRemoteException failure, CancellationToken cancellationToken)
    {
        string? words = null;
        if (Session is not null)
        {
            await TryAsync(() => WithinAsync(
                async stop =>
                {
                    await using var channel = await Session.ExecuteAsync($"nix-store --query --hash {_anyPath}", stop).ConfigureAwait(false);
                    await channel.Exited.WaitAsync(stop).ConfigureAwait(false);
                    await channel.StandardError.Ended.WaitAsync(stop).ConfigureAwait(false);
                    words = RemoteErrorText.TellingLine(channel.StandardError.Tail());
                },
                cancellationToken)).ConfigureAwait(false);
        }

        return words is not null && RemoteErrorText.Recognise(words) is { } cause && cause != NixErrors.PathNotValid
            ? new NixRemoteException(cause, $"{failure.Message.TrimEnd('.')}; nix-store there says: {RemoteErrorText.Bare(words)}", failure)
            : failure;
    }

    /// <summary>Adds a small file to the store.</summary>
    /// <param name="contentAddressed">Whether its path follows from its content, so that it needs no signature.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Why the store did not take it; null if it did.</returns>
    public Task<NixRemoteException?> AddFileAsync(bool contentAddressed, CancellationToken cancellationToken)
    {
        var file = ProbeFile.Make(contentAddressed);
        return TryAsync(() => WithinAsync(stop => Store!.AddPathsAsync(1, file.Items(), stop), cancellationToken));
    }

    /// <summary>Does something for which the builder has so much time, and no more.</summary>
    /// <exception cref="NixRemoteException">BuilderSilent.</exception>
    public async Task WithinAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Options.AnswerTimeout);
        try
        {
            await work(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NixRemoteException(NixErrors.BuilderSilent,
                $"{Builder.Name} let us in, and then did not answer within {Options.AnswerTimeout.TotalSeconds:0.###} s.");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Store is not null)
        {
            await Store.DisposeAsync().ConfigureAwait(false);
        }

        if (Session is not null)
        {
            await Session.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Measures the round trip of a question to the store.</summary>
    private async Task MeasureLatencyAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < DiagnosisLimits.LatencyTries; i++)
        {
            var clock = Stopwatch.StartNew();
            await Store!.QueryValidPathsAsync([_anyPath], protect: false, substitute: false, cancellationToken).ConfigureAwait(false);
            Latency = Latency is { } shortest && shortest < clock.Elapsed ? shortest : clock.Elapsed;
        }
    }

    private static async Task<NixRemoteException?> TryAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
            return null;
        }
        catch (NixRemoteException failure)
        {
            return failure;
        }
    }
}
