using System.Collections.Concurrent;
using System.Management.Automation;
using NixRemote.Builders;
using NixRemote.Builds;
using NixRemote.Evaluation;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Commands;

/// <summary>
/// <c>Invoke-NixRemoteBuild</c>: builds derivations on builders and brings their outputs to a store. All goals of the pipeline
/// are one graph; one result comes for each.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "NixRemoteBuild", DefaultParameterSetName = DerivationSet, SupportsShouldProcess = true)]
[OutputType(typeof(NixBuildResult))]
public sealed partial class InvokeNixRemoteBuildCommand : PlacementCmdlet
{
    /// <summary>The tag of log lines on the information stream.</summary>
    public const string LogTag = "NixBuildLog";

    private const string FileSet = "File";
    private const string ExpressionSet = "Expression";

    /// <summary>The store that has the derivations and their sources: a URI or the name of a configured builder. Default: that of
    /// -EvaluateOn, else the local one.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string? Store { get; set; }

    /// <summary>The store that the goals' outputs are brought to: a URI or the name of a configured builder. Default: the one of -Store.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string? Destination { get; set; }

    /// <summary>Build what can be built although something has failed.</summary>
    [Parameter]
    public SwitchParameter KeepGoing { get; set; }

    /// <summary>Let builders fetch inputs from their substituters before they are sent. Default: builders-use-substitutes.</summary>
    [Parameter]
    public SwitchParameter UseSubstitutes { get; set; }

    /// <summary>The longest time of one build, in seconds or as a TimeSpan. Default: nix.conf's timeout.</summary>
    [Parameter]
    [Seconds]
    public TimeSpan? Timeout { get; set; }

    /// <summary>The longest time of one build without output, in seconds or as a TimeSpan. Default: nix.conf's max-silent-time.</summary>
    [Parameter]
    [Seconds]
    public TimeSpan? MaxSilentTime { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ParameterSetName == DerivationSet && Goals.Count == 0)
        {
            return;
        }

        if (EvaluateOn is not null && Store is not null)
        {
            ThrowNixError(new NixRemoteException(NixErrors.ParametersConflict,
                "-Store and -EvaluateOn exclude each other: the store of the builder that evaluates has the derivations."));
        }

        if (Unpack is not null && CopyOutputs == CopyOutputs.None)
        {
            ThrowNixError(new NixRemoteException(NixErrors.ParametersConflict, "-Unpack needs the outputs that -CopyOutputs None leaves on the builders."));
        }

        var known = BuildersOr(Builder);
        var builders = Chosen(known);
        if (CompareBuilders && !Rebuild)
        {
            ThrowNixError(new NixRemoteException(NixErrors.ParametersConflict, "-CompareBuilders needs -Rebuild."));
        }

        if (RequireSignature && Rebuild)
        {
            ThrowNixError(new NixRemoteException(NixErrors.ParametersConflict, "-RequireSignature is about outputs that are brought somewhere; -Rebuild compares them where they are."));
        }

        var request = Request();
        var unpackTo = Unpack is null ? null : ResolvePath(Unpack);
        var planOnly = IsWhatIf;
        if (!planOnly && !ShouldProcess(request?.Subject ?? string.Join(", ", Goals), "Build on remote builders"))
        {
            return;
        }

        var options = Options() with { Excluded = [.. known.Except(builders)] };
        var (signer, keys) = Keys();
        RunInBackground((records, cancellationToken) => RunAsync(builders, request, options, planOnly, unpackTo, signer, keys, records, cancellationToken));
    }

    private async Task RunAsync(
        IReadOnlyList<NixBuilder> builders, EvaluationRequest? request, BuildRunOptions options, bool planOnly, string? unpackTo,
        PathSigner? signer, TrustedKeys keys, PipelineRecords records, CancellationToken cancellationToken)
    {
        var stores = Stores(records);
        var opened = new List<BuilderStore>();
        var progress = new BuildProgress(records);
        var jobs = LocalJobs ?? (Builder is null ? Settings.MaxJobs : 0);
        var isHere = EvaluateOn is null && Store is null;
        var source = Signed(Source(OpenStore(stores, EvaluateOn ?? Store, isHere ? jobs : 0), EvaluateOn ?? Store, keys), signer);
        var destination = Destination is null ? source : Signed(Believed(OpenStore(stores, Destination), Destination, keys), signer);
        var loads = UseRemoteLoad ? new List<SshLoadReader>() : null;
        using var history = NoHistory || planOnly ? null : OpenHistory();
        try
        {
            if (request is not null)
            {
                Goals.AddRange(await EvaluateAsync(request, stores, source, records, cancellationToken).ConfigureAwait(false));
            }

            opened.AddRange(OpenBuilders(stores, builders, loads, records).Select(b => Prepared(b, signer, keys)));
            if ((jobs == 0 ? null : isHere ? source : OpenLocalStore(stores, jobs, records)) is IBuildStore here)
            {
                opened.Add(new BuilderStore(ThisMachine(jobs, builders), here) { IsLocal = true });
            }

            options = options with { History = history, Slots = planOnly ? null : OpenSlots(stores, records) };
            var ended = new ConcurrentQueue<NixBuildResult>();
            var run = new BuildRun(source, destination, opened, options, e =>
            {
                if (unpackTo is not null && e is BuildEvent.GoalEnded goal)
                {
                    ended.Enqueue(goal.Result);
                    return;
                }

                Take(e, progress, records);
            });
            if (Rebuild)
            {
                await RebuildAsync(source, opened, options, planOnly, progress, records, cancellationToken).ConfigureAwait(false);
            }
            else if (planOnly)
            {
                foreach (var planned in await run.PlanAsync(Goals, cancellationToken).ConfigureAwait(false))
                {
                    records.WhatIf(planned.Builder is null
                        ? planned.Problem!.Message
                        : $"Build {planned.DerivationPath} on {planned.Builder}, send {CountText.Of(planned.UploadPaths, "path")} ({ByteText.Of(planned.UploadBytes)}) there.");
                }
            }
            else
            {
                await run.RunAsync(Goals, cancellationToken).ConfigureAwait(false);
                foreach (var result in ended)
                {
                    records.Object(await UnpackAsync(result, destination, unpackTo!, records, cancellationToken).ConfigureAwait(false));
                }
            }
        }
        finally
        {
            progress.Complete();
            await Task.WhenAll((loads ?? []).Select(l => l.DisposeAsync().AsTask())).ConfigureAwait(false);
            await Task.WhenAll(opened.Select(o => o.Store).Append(destination).Append(source).Distinct().Select(s => s.DisposeAsync().AsTask())).ConfigureAwait(false);
        }
    }

    /// <summary>The stores of the builders; one that cannot even be opened is left out, unless that leaves none.</summary>
    /// <param name="stores">Opens stores.</param>
    /// <param name="builders">The builders.</param>
    /// <param name="loads">Gets what reads their load; null: nobody asks for it.</param>
    /// <param name="records">Told who is left out.</param>
    private static List<BuilderStore> OpenBuilders(StoreFactory stores, IReadOnlyList<NixBuilder> builders, List<SshLoadReader>? loads, PipelineRecords records)
    {
        var opened = new List<BuilderStore>();
        NixRemoteException? failure = null;
        foreach (var builder in builders)
        {
            try
            {
                var store = new BuilderStore(builder, Open(stores, builder, BuilderStore.ConnectionsFor(builder)));
                if (loads is not null && stores.LogIn(builder.ToStoreUri(), OpenOptions(builder, 1)) is { } logIn)
                {
                    var reader = new SshLoadReader(logIn, builder.Name);
                    loads.Add(reader);
                    store = store with { ReadLoad = reader.ReadAsync };
                }

                opened.Add(store);
            }
            catch (NixRemoteException exception)
            {
                exception.Builder ??= builder.Name;
                failure ??= exception;
                records.Warning($"{builder.Name} is not used in this run. {ErrorRecords.Describe(exception)}");
            }
        }

        return opened.Count > 0 || failure is null ? opened : throw failure;
    }

    private BuildRunOptions Options() => new()
    {
        Policy = Policy,
        GiveUpAfter = LimitOf(Timeout, Settings.Timeout),
        KeepGoing = KeepGoing || Settings.KeepGoing,
        CopyOutputs = CopyOutputs,
        UseSubstitutes = MyInvocation.BoundParameters.ContainsKey(nameof(UseSubstitutes)) ? UseSubstitutes : Settings.BuildersUseSubstitutes,
        Build = new BuildOptions
        {
            Timeout = LimitOf(Timeout, Settings.Timeout),
            MaxSilentTime = LimitOf(MaxSilentTime, Settings.MaxSilentTime),
            MaxLogSize = Settings.MaxBuildLogSize ?? 0,
            KeepFailed = Settings.KeepFailed,
        },
        ErrorLogLines = Settings.LogLines,
    };

    /// <summary>The limit given, where 0 is none, or else the configured one.</summary>
    private static TimeSpan? LimitOf(TimeSpan? given, TimeSpan? configured) => given is null ? configured : given == TimeSpan.Zero ? null : given;

    private static void Take(BuildEvent buildEvent, BuildProgress progress, PipelineRecords records)
    {
        progress.Take(buildEvent);
        switch (buildEvent)
        {
            case BuildEvent.BuilderConnected connected:
                records.Verbose($"{connected.Builder}: connected in {connected.ConnectTime.TotalSeconds:0.00} s, {connected.Info.Protocol} protocol {connected.Info.Version}"
                    + $"{(connected.Info.NixVersion is { } nix ? $", Nix {nix}" : "")}.");
                break;
            case BuildEvent.BuilderDistrusts distrusts:
                records.Warning($"{distrusts.Builder} does not trust this user: it takes content-addressed and signed paths only, and builds or fetches itself what else its builds need. "
                    + NixErrors.NotTrusted.RecommendedAction);
                break;
            case BuildEvent.BuilderLost lost:
                records.Warning($"{lost.Builder} is not used {(lost.IsFinal ? "any more in this run" : "for now, and tried again from time to time")}. {ErrorRecords.Describe(lost.Error)}");
                break;
            case BuildEvent.Degraded degraded:
                Degraded(degraded.Error, records);
                break;
            case BuildEvent.Waiting { Reason: { } reason }:
                records.Warning(reason);
                break;
            case BuildEvent.Waiting:
                records.Verbose("The run goes on.");
                break;
            case BuildEvent.Planned planned:
                records.Verbose($"To build: {CountText.Of(planned.ToBuild, "derivation")}; not to be built, for their outputs are there or nobody needs them: {planned.Available}.");
                break;
            case BuildEvent.Decision decision:
                records.Verbose(decision.Text);
                break;
            case BuildEvent.Started started:
                records.Verbose($"{started.Derivation} goes to {started.Builder}.");
                break;
            case BuildEvent.Built built:
                records.Verbose($"{built.Derivation} was built on {built.Builder} in {built.BuildTime.TotalSeconds:0.00} s.");
                break;
            case BuildEvent.Returned returned:
                records.Warning($"{returned.Builder} could not build {returned.Derivation}; another builder gets it if one takes it. {ErrorRecords.Describe(returned.Error)}");
                break;
            case BuildEvent.LogLine line:
                records.LogLine(new NixBuildLogLine(line.Derivation.ToString(), line.Builder, line.Text), line.Derivation.ToString(), LogTag);
                break;
            case BuildEvent.StoreMessage message:
                records.Debug($"{message.Builder}: {message.Text}");
                break;
            case BuildEvent.TransferEnded transfer:
                records.Verbose($"{CountText.Of(transfer.Paths, "path")}, {ByteText.Of(transfer.Bytes)} from {transfer.From} to {transfer.To} in {transfer.Time.TotalSeconds:0.00} s.");
                break;
            case BuildEvent.Failed failed:
                records.Error(failed.Error, failed.Derivation.ToString());
                break;
            case BuildEvent.GoalEnded goal:
                records.Object(goal.Result);
                break;
        }
    }
}
