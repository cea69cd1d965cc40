using System.Management.Automation;
using NixRemote.Builders;

namespace NixRemote.Commands;

/// <summary>
/// <c>Convert-NixMachinesFile</c>: writes builders in another format, to the pipeline or atomically into a file. What the format cannot hold
/// is a warning that names builder and field; an entry that cannot be read is an error, and then no file is written.
/// </summary>
[Cmdlet(VerbsData.Convert, "NixMachinesFile", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(string))]
public sealed class ConvertNixMachinesFileCommand : MachinesFileCmdlet
{
    private const string ObjectSet = "InputObject";

    private readonly List<NixBuilder> _builders = [];
    private readonly List<string> _trailingComments = [];
    private int _errors;

    /// <summary>The files to convert into one text, in any format; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Path { get; set; }

    /// <summary>The builders to write, as Get-NixBuilder gives them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    public NixBuilder[]? InputObject { get; set; }

    /// <summary>The format to write.</summary>
    [Parameter(Mandatory = true)]
    public MachinesFormat To { get; set; }

    /// <summary>The format of the files; by default it is told by their text. NixOS: the output of nix eval --json.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet)]
    public MachinesFormat? From { get; set; }

    /// <summary>The file to write, all at once; without it the text goes to the pipeline.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Replace an existing file. It keeps its mode.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The value of builders-use-substitutes beside the NixOS option; by default the one in effect on this machine.</summary>
    [Parameter]
    public SwitchParameter UseSubstitutes { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ObjectSet)
        {
            _builders.AddRange(InputObject!);
            return;
        }

        foreach (var file in Files(Path))
        {
            var result = ReadFile(file, From);
            WriteVerbose($"'{file}' is read as {result.Format}: {result.Builders.Count} builders.");
            _errors += result.Errors.Count;
            _builders.AddRange(Named(result.Builders));
            _trailingComments.AddRange(result.TrailingComments);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var useSubstitutes = MyInvocation.BoundParameters.ContainsKey(nameof(UseSubstitutes)) ? UseSubstitutes.IsPresent : To == MachinesFormat.NixOS && Settings.BuildersUseSubstitutes;
        var written = MachinesWriter.Write(_builders, To, new MachinesWriteOptions { TrailingComments = _trailingComments, BuildersUseSubstitutes = useSubstitutes });
        foreach (var warning in written.Warnings)
        {
            WriteWarning(warning.ToString());
        }

        if (Destination is null)
        {
            WriteObject(written.Text.TrimEnd('\n'));
            return;
        }

        var destination = ResolvePath(Destination);
        if (_errors > 0)
        {
            WriteNixError(new NixRemoteException(NixErrors.ConversionIncomplete,
                $"'{destination}' is not written: what could not be read ({_errors} {(_errors == 1 ? "error" : "errors")}) would be missing there.") { Target = destination });
            return;
        }

        if (ShouldProcess(destination, $"Write {_builders.Count} {(_builders.Count == 1 ? "builder" : "builders")} as {To}"))
        {
            try
            {
                MachinesFile.Write(destination, written.Text, Force);
            }
            catch (NixRemoteException failure)
            {
                WriteNixError(failure);
            }
        }
    }

    /// <summary>Names are unique in each file; in a text made of several, they are again.</summary>
    private IEnumerable<NixBuilder> Named(IReadOnlyList<NixBuilder> builders)
    {
        var taken = _builders.Select(b => b.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var builder in builders)
        {
            var name = builder.Name;
            for (var number = 2; !taken.Add(name); number++)
            {
                name = $"{builder.Name}-{number}";
            }

            yield return name == builder.Name ? builder : builder with { Name = name };
        }
    }
}
