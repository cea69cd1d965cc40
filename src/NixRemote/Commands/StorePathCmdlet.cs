using System.Management.Automation;
using NixRemote.StoreObjects;

namespace NixRemote.Commands;

/// <summary>What the cmdlets share that do something with store paths: those of the whole pipeline are taken together.</summary>
public abstract class StorePathCmdlet : StoreCmdlet
{
    private readonly List<StorePath> _paths = [];

    /// <summary>The store paths; of a build result, its outputs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [StorePathTransformation]
    [ValidateNotNullOrEmpty]
    public string[]? Path { get; set; }

    /// <summary>The paths so far, in their order; a text that is none was an error of its own.</summary>
    private protected IReadOnlyList<StorePath> Paths => _paths;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var text in Path ?? [])
        {
            try
            {
                _paths.Add(StorePath.Parse(text));
            }
            catch (NixRemoteException exception)
            {
                WriteNixError(exception, text);
            }
        }
    }
}
