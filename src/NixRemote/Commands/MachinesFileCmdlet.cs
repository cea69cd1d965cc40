using System.Management.Automation;
using NixRemote.Builders;

namespace NixRemote.Commands;

/// <summary>What the cmdlets share that read machines files. Each has a <c>-Path</c> of its own: one takes it from the pipeline, the other a text.</summary>
public abstract class MachinesFileCmdlet : NixCmdlet
{
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";

    private NixEnvironment? _environment;
    private NixConfiguration? _settings;

    /// <summary>Machines files to read, taken as they are, without wildcards.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[]? LiteralPath { get; set; }

    /// <summary>This process's environment, as it was when it was first asked for.</summary>
    private protected NixEnvironment ProcessEnvironment => _environment ??= NixEnvironment.OfThisProcess();

    /// <summary>nix.conf's settings.</summary>
    private protected NixConfiguration Settings => _settings ??= NixConfiguration.Load(ProcessEnvironment);

    /// <summary>The files of <see cref="LiteralPath"/>, or else those of <c>-Path</c>, with its wildcards expanded.</summary>
    private protected IEnumerable<string> Files(string[]? path) =>
        ParameterSetName == LiteralPathSet ? LiteralPath!.Select(ResolvePath) : path!.SelectMany(ExpandPath);

    /// <summary>How a text is read in a format, or in the one that it is told by if that is null.</summary>
    private protected MachinesParseOptions ParseOptions(MachinesFormat? format) =>
        new() { LocalSystem = Settings.System, Format = format, TomlReader = AdapterLoader.CreateTomlReader };

    /// <summary>Reads a file; what is wrong with it is written.</summary>
    private protected MachinesParseResult ReadFile(string file, MachinesFormat? format)
    {
        var options = ParseOptions(format);
        var result = Interruptible(() => MachinesReader.ReadFile(file, options));
        Report(result.Errors, result.Warnings, result.Sources);
        return result;
    }

    /// <summary>Writes where a configuration comes from, and what is odd and wrong in it.</summary>
    private protected void Report(IEnumerable<ConfigurationProblem> errors, IEnumerable<ConfigurationWarning> warnings, IEnumerable<ConfigurationSource> sources)
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
