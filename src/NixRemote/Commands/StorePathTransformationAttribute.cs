using System.Collections;
using System.Management.Automation;
using NixRemote.Builds;

namespace NixRemote.Commands;

/// <summary>Lets a parameter of store paths take texts, store paths and build results.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class StorePathTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether a build result stands for its derivation; else it stands for its outputs.</summary>
    public bool DerivationOfResult { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Texts(inputData).ToArray();

    private IEnumerable<string?> Texts(object? item)
    {
        var value = item is PSObject wrapped ? wrapped.BaseObject : item;
        return value switch
        {
            NixBuildResult result => DerivationOfResult ? [result.DerivationPath.ToString()] : result.Outputs.Values.Select(o => o.ToString()),
            string text => [text],
            IEnumerable items => items.Cast<object?>().SelectMany(Texts),
            _ => [value?.ToString()],
        };
    }
}
