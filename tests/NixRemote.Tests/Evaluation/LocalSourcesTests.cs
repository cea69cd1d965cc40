using NixRemote.Evaluation;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Evaluation;

/// <summary>What of this machine is sent to the one that evaluates.</summary>
public sealed class LocalSourcesTests
{
    [Fact]
    public void The_home_folder_and_roots_are_not_sent()
    {
        Assert.NotNull(LocalSources.WhyNot(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)));
        Assert.NotNull(LocalSources.WhyNot(Path.GetPathRoot(Environment.CurrentDirectory)!));
        Assert.Null(LocalSources.WhyNot(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "app")));
    }

    [TestBedFact]
    public async Task A_folder_has_the_path_that_Nix_gives_it()
    {
        var bed = NixTestBed.Current;
        var folder = Directory.CreateDirectory(Path.Combine(bed.ShareDirectory, Nonce.Next())).FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "default.nix"), Nonce.Next());
            Directory.CreateDirectory(Path.Combine(folder, "lib"));
            File.CreateSymbolicLink(Path.Combine(folder, "lib", "link"), "../default.nix");

            var info = await SourceTree.DescribeAsync(folder, CancellationToken.None);

            var expression = $"builtins.path {{ path = {folder}; name = \"source\"; }}";
            var nix = (await bed.ExecAsync(bed.Client, "nix-instantiate", "--eval", "-E", expression)).Succeeded().Trim('"');
            Assert.Equal(nix, info.Path.ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
