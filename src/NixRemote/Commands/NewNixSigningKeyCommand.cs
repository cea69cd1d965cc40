using System.Management.Automation;
using NixRemote.StoreObjects;

namespace NixRemote.Commands;

/// <summary><c>New-NixSigningKey</c>: makes a key that signs store paths.</summary>
[Cmdlet(VerbsCommon.New, "NixSigningKey", SupportsShouldProcess = true)]
[OutputType(typeof(NixSigningKey))]
public sealed class NewNixSigningKeyCommand : NixCmdlet
{
    /// <summary>The key's name, such as <c>builds.example.org-1</c>.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidatePattern(@"^[^:\s]+$")]
    public string? Name { get; set; }

    /// <summary>The file to make for the secret key; only its owner may read it.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var file = ResolvePath(Path!);
        if (!ShouldProcess(file, $"Make the signing key {Name}"))
        {
            return;
        }

        try
        {
            var algorithm = AdapterLoader.CreateSignatureAlgorithm();
            var key = PathSigner.NewSecretKey(Name!, algorithm);
            SecretKeyFile.Write(file, key);
            WriteObject(new NixSigningKey { Name = key.Name, PublicKey = new PathSigner(key, algorithm).PublicKey.ToText(), SecretKeyFile = file });
        }
        catch (NixRemoteException exception)
        {
            ThrowNixError(exception);
        }
    }
}
