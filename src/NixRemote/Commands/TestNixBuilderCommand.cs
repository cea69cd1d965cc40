using System.Management.Automation;
using NixRemote.Builders;
using NixRemote.Diagnosis;

namespace NixRemote.Commands;

/// <summary>
/// <c>Test-NixBuilder</c>: whether builders can be used, and what they are. One object a builder, as soon as it is known; a builder
/// that fails is a result that says why, not an error.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "NixBuilder")]
[OutputType(typeof(NixBuilderTestResult), typeof(bool))]
public sealed class TestNixBuilderCommand : StoreCmdlet
{
    private readonly List<NixBuilder> _builders = [];
    private bool _given;
    private bool _sawFailure;

    /// <summary>The builders: objects of Get-NixBuilder, names of configured ones, or entries of the legacy format. Default:
    /// those that Nix would use on this machine.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [BuilderTransformation]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public NixBuilder[]? Builder { get; set; }

    /// <summary>Give only a Boolean: whether all of them can be used.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Have each builder build a tiny derivation for each system, and for each feature, that its entry claims.</summary>
    [Parameter]
    public SwitchParameter Build { get; set; }

    /// <summary>How long each of these builds may take, in seconds or as a TimeSpan.</summary>
    [Parameter]
    [Seconds(MustBePositive = true)]
    public TimeSpan BuildTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How many builders are tested at a time.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = 32;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Builder is not null)
        {
            _given = true;
            foreach (var builder in Builder)
            {
                if (BuilderTransformationAttribute.FailureOf(builder) is { } failure)
                {
                    _sawFailure = true;
                    WriteNixError(failure);
                }
                else
                {
                    _builders.Add(builder);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var builders = _given || MyInvocation.ExpectingInput ? _builders : BuildersOr(null);
        if (builders.Count == 0 && !_sawFailure)
        {
            ThrowNixError(new NixRemoteException(NixErrors.NoBuilders, "No builder is configured on this machine, and -Builder names none."));
        }

        var options = new BuilderTestOptions { Build = Build, BuildTimeout = BuildTimeout };
        var passed = !_sawFailure;
        var configuration = BuildersConfiguration.Load(Environment, AdapterLoader.CreateTomlReader);
        RunInBackground(async (records, cancellationToken) =>
        {
            var stores = Stores(records);
            var ignored = await LocalTrust.WhyBuildersAreIgnoredAsync(configuration, Environment, stores, cancellationToken).ConfigureAwait(false);
            await Parallel.ForEachAsync(
                builders,
                new ParallelOptions { MaxDegreeOfParallelism = ThrottleLimit, CancellationToken = cancellationToken },
                async (builder, token) =>
                {
                    var isConfigured = configuration.Builders.Any(b => b.Uri == builder.Uri);
                    var result = await BuilderTest.RunAsync(
                        builder, stores, OpenOptions(builder, connections: 1), options with { WhyIgnoredByNix = isConfigured ? ignored : null }, token).ConfigureAwait(false);
                    if (result.Status == BuilderTestStatus.Failed)
                    {
                        Volatile.Write(ref passed, false);
                    }

                    if (!Quiet)
                    {
                        records.Object(result);
                    }
                }).ConfigureAwait(false);
        });
        if (Quiet)
        {
            WriteObject(passed);
        }
    }
}
