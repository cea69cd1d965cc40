namespace NixRemote.Tests.StoreObjects;

/// <summary>A new directory that is removed with all that is in it.</summary>
internal sealed class TemporaryDirectory(string? parent = null) : IDisposable
{
    public string Root { get; } = parent is null
        ? Directory.CreateTempSubdirectory("nixremote-").FullName
        : Directory.CreateDirectory(Path.Combine(parent, Path.GetRandomFileName())).FullName;

    public string this[string name] => Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
