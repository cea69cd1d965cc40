using System.Collections;
using System.Management.Automation;
using NixRemote.Builds;

namespace NixRemote.Commands;

/// <summary>Lets a parameter of store paths take texts, store paths, build results and what the other cmdlets give.</summary>
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
            NixBuildResult result => DerivationOfResult ? [result.DerivationPath] : result.Outputs.Values,
            NixPathInfo info => [DerivationOfResult ? info.Deriver : info.Path],
            NixDerivation derivation => DerivationOfResult ? [derivation.DerivationPath] : derivation.Outputs.Select(o => o.Path),
            NixClosureCopy copy => copy.Roots,
            NixPathSignature signature => [signature.Path],
            string text => [text],
            IEnumerable items => items.Cast<object?>().SelectMany(Texts),
            _ => [value?.ToString()],
        };
    }
}
