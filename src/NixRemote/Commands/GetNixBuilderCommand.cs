using System.Management.Automation;
using NixRemote.Builders;

namespace NixRemote.Commands;

/// <summary>
/// <c>Get-NixBuilder</c>: the builders that Nix would use on this machine, or those of a file or text. Each line that cannot be read is
/// one non-terminating error with file, line, column, text and cure; the other builders still come.
/// </summary>
[Cmdlet(VerbsCommon.Get, "NixBuilder", DefaultParameterSetName = ConfiguredSet)]
[OutputType(typeof(NixBuilder))]
public sealed class GetNixBuilderCommand : MachinesFileCmdlet
{
    private const string ConfiguredSet = "Configured";
    private const string TextSet = "Text";

    private NamePatterns? _names;

    /// <summary>Names of the builders to get; wildcards are allowed. All by default.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BuilderNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Machines files to read instead of the configuration in effect; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Path { get; set; }

    /// <summary>A builders text, as for Nix's option --builders, to read instead of the configuration in effect.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TextSet, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string? Builders { get; set; }

    /// <summary>The format of -Path, -LiteralPath or -Builders; by default it is told by the text.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    [Parameter(ParameterSetName = TextSet)]
    public MachinesFormat? Format { get; set; }

    /// <summary>Also get builders that are declared but switched off.</summary>
    [Parameter]
    public SwitchParameter IncludeDisabled { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => _names = Name is null ? null : new NamePatterns(Name);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case TextSet:
                var options = ParseOptions(Format);
                var text = Interruptible(() => MachinesReader.ReadText(Builders!, "-Builders", options));
                Report(text.Errors, text.Warnings, text.Sources);
                Write(text.Builders);
                break;
            case ConfiguredSet:
                var configuration = Interruptible(() => BuildersConfiguration.Load(ProcessEnvironment, AdapterLoader.CreateTomlReader));
                Report(configuration.Settings.Errors, configuration.Settings.Warnings, configuration.Settings.Sources);
                WriteVerbose($"The builders text is {configuration.Origin}: {configuration.Settings.Builders.ReplaceLineEndings("; ")}");
                Report(configuration.Machines.Errors, configuration.Machines.Warnings, configuration.Machines.Sources);
                Write(configuration.Machines.Builders);
                break;
            default:
                foreach (var file in Files(Path))
                {
                    Write(ReadFile(file, Format).Builders);
                }

                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var name in _names?.NotFound ?? [])
        {
            WriteNixError(NoSuchBuilder(name));
        }
    }

    private void Write(IReadOnlyList<NixBuilder> builders)
    {
        foreach (var builder in builders)
        {
            if (_names?.Match(builder.Name) == false)
            {
                continue;
            }

            if (builder.Enabled || IncludeDisabled)
            {
                WriteObject(builder);
            }
            else
            {
                WriteVerbose($"Builder '{builder.Name}' is switched off at {builder.Source}; -IncludeDisabled shows it.");
            }
        }
    }
}
