using System.Management.Automation;
using NixRemote.Builders;

namespace NixRemote.Commands;

/// <summary>
/// <c>Get-NixBuilder</c>: the builders that Nix would use on this machine, or those of a file or text. Each line that cannot be read is
/// one non-terminating error with file, line, column, text and cure; the other builders still come.
/// </summary>
[Cmdlet(VerbsCommon.Get, "NixBuilder", DefaultParameterSetName = ConfiguredSet)]
[OutputType(typeof(NixBuilder))]
public sealed class GetNixBuilderCommand : NixCmdlet
{
    private const string ConfiguredSet = "Configured";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string TextSet = "Text";

    private NixEnvironment? _environment;
    private NixConfiguration? _settings;
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

    /// <summary>Machines files to read, taken as they are, without wildcards.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

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

    private NixConfiguration Settings => _settings ??= NixConfiguration.Load(_environment!);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _environment = NixEnvironment.OfThisProcess();
        _names = Name is null ? null : new NamePatterns(Name);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case PathSet:
                foreach (var path in Path!)
                {
                    foreach (var file in ExpandPath(path))
                    {
                        Write(Read(file));
                    }
                }

                break;
            case LiteralPathSet:
                foreach (var path in LiteralPath!)
                {
                    Write(Read(ResolvePath(path)));
                }

                break;
            case TextSet:
                var options = Options;
                Write(Interruptible(() => MachinesReader.ReadText(Builders!, "-Builders", options)));
                break;
            default:
                var configuration = Interruptible(() => BuildersConfiguration.Load(_environment!, AdapterLoader.CreateTomlReader));
                Report(configuration.Settings.Errors, configuration.Settings.Warnings, configuration.Settings.Sources);
                WriteVerbose($"The builders text is {configuration.Origin}: {configuration.Settings.Builders.ReplaceLineEndings("; ")}");
                Write(configuration.Machines);
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

    private MachinesParseOptions Options => new() { LocalSystem = Settings.System, Format = Format, TomlReader = AdapterLoader.CreateTomlReader };

    private MachinesParseResult Read(string file)
    {
        var options = Options;
        return Interruptible(() => MachinesReader.ReadFile(file, options));
    }

    private void Write(MachinesParseResult result)
    {
        Report(result.Errors, result.Warnings, result.Sources);
        foreach (var builder in result.Builders)
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

    private void Report(IEnumerable<ConfigurationProblem> errors, IEnumerable<ConfigurationWarning> warnings, IEnumerable<ConfigurationSource> sources)
    {
        foreach (var source in sources)
        {
            WriteVerbose(source.ToString());
        }

        foreach (var warning in warnings)
        {
            WriteWarning(warning.ToString());
        }

        foreach (var error in errors)
        {
            WriteNixError(error.ToException());
        }
    }
}
