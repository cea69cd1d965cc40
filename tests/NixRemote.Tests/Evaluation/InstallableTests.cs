using NixRemote.Evaluation;

namespace NixRemote.Tests.Evaluation;

/// <summary>Flake references with attributes and outputs.</summary>
public sealed class InstallableTests
{
    [Theory]
    [InlineData("nixpkgs#hello", "nixpkgs", "hello", null)]
    [InlineData("nixpkgs#hello^dev", "nixpkgs", "hello", "dev")]
    [InlineData("nixpkgs#hello^out,dev", "nixpkgs", "hello", "out,dev")]
    [InlineData("nixpkgs#hello^*", "nixpkgs", "hello", "*")]
    [InlineData("nixpkgs", "nixpkgs", null, null)]
    [InlineData("nixpkgs#", "nixpkgs", null, null)]
    [InlineData("#app", ".", "app", null)]
    [InlineData(".", ".", null, null)]
    [InlineData("github:NixOS/nixpkgs/23.11?dir=a^b#hello", "github:NixOS/nixpkgs/23.11?dir=a^b", "hello", null)]
    [InlineData("nixpkgs#legacyPackages.x86_64-linux.hello", "nixpkgs", "legacyPackages.x86_64-linux.hello", null)]
    public void Parsed(string text, string reference, string? attribute, string? outputs) =>
        Assert.Equal(new Installable(reference, attribute, outputs), Installable.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("--impure")]
    [InlineData("nixpkgs#hello^")]
    [InlineData("nixpkgs#hello\nworld")]
    public void Refused(string text) =>
        Assert.Equal(NixErrors.InstallableInvalid, Assert.Throws<NixRemoteException>(() => Installable.Parse(text)).Definition);

    [Theory]
    [InlineData(".#a", ".")]
    [InlineData("./app", "./app")]
    [InlineData("../app#a", "../app")]
    [InlineData("path:app#a", "app")]
    [InlineData("nixpkgs#a", null)]
    [InlineData("github:a/b", null)]
    [InlineData("/nix/store/ldhmrcqjmxhy2rqgcjn0jcyqhdwxxj3r-source#a", null)]
    public void A_folder_of_this_machine(string text, string? folder) => Assert.Equal(folder, Installable.Parse(text).LocalFolder);

    [Fact]
    public void An_absolute_path_is_a_folder_of_this_machine()
    {
        var folder = Path.GetFullPath("app");
        Assert.Equal(folder, Installable.Parse($"{folder}#a").LocalFolder);
    }
}
