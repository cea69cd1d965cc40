using System.Diagnostics;
using NixRemote.Builds;
using NixRemote.Tests.Cmdlets;
using NixRemote.Tests.Engine;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Evaluation;

/// <summary>Invoke-NixRemoteBuild -EvaluateOn: the builder's Nix evaluates what lies on this machine, and the outputs come here.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class EvaluateOnBuilderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nixremote-evaluate").FullName;

    private static NixTestBed Bed => NixTestBed.Current;

    private string Unpacked => Path.Combine(_folder, "unpacked");

    [TestBedTheory]
    [InlineData("b28")]
    [InlineData("b226")]
    [InlineData("b234")]
    public async Task A_file_is_evaluated_with_what_it_imports(string builder)
    {
        var source = Source("""{ text }: { hello = import ./lib/hello.nix { inherit text; }; }""", "lib/hello.nix",
            $$"""{ text }: {{Nonce.Derivation("hello", "echo $text > $out", "inherit text;")}}""");
        File.WriteAllText(Path.Combine(source, "release.nix"), """import ./default.nix { text = "from a file"; }""");

        var goal = await BuildAsync($"-File '{source}/release.nix' -Attribute hello -EvaluateOn {builder}");

        Assert.Equal("from a file\n", await File.ReadAllTextAsync(goal.Unpacked["out"]));
    }

    [TestBedTheory]
    [InlineData("b28")]
    [InlineData("b234")]
    public async Task An_expression_is_evaluated(string builder)
    {
        var expression = Nonce.Derivation("both", "mkdir $out; echo one > $out/a; ln -s a $out/b; echo doc > $doc", "outputs = [ \"out\" \"doc\" ];");

        var goal = await BuildAsync("-Expression $expression -EvaluateOn " + builder, ("expression", expression));

        Assert.Equal(["doc", "out"], goal.Unpacked.Keys.Order());
        Assert.Equal("one\n", await File.ReadAllTextAsync(Path.Combine(goal.Unpacked["out"], "b")));
        Assert.Equal("doc\n", await File.ReadAllTextAsync(goal.Unpacked["doc"]));
        Assert.Equal(Path.GetFileName(goal.Outputs["out"]), Path.GetFileName(goal.Unpacked["out"]));
    }

    [TestBedTheory]
    [InlineData("b28", "")]
    [InlineData("b234", "")]
    [InlineData("b234", "^doc")]
    public async Task A_flake_of_this_machine_is_evaluated(string builder, string outputs)
    {
        var source = Directory.CreateDirectory(Path.Combine(_folder, "flake")).FullName;
        var derivation = Nonce.Derivation("app", "echo app > $out; echo doc > $doc", "outputs = [ \"out\" \"doc\" ];")
            .Replace("builtins.currentSystem", "\"x86_64-linux\"", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(source, "flake.nix"), $$"""{ outputs = { self }: { packages.x86_64-linux.app = {{derivation}}; }; }""");

        var goal = await BuildAsync($"-Installable '{source}#app{outputs}' -EvaluateOn {builder}");

        Assert.Equal(outputs == "" ? ["doc", "out"] : (string[])["doc"], goal.Unpacked.Keys.Order());
        Assert.Equal("doc\n", await File.ReadAllTextAsync(goal.Unpacked["doc"]));
    }

    [TestBedFact]
    public async Task What_is_unpacked_already_stays_and_what_is_in_the_way_too()
    {
        var expression = Nonce.Derivation("again", "echo again > $out");
        var first = await BuildAsync("-Expression $expression -EvaluateOn b234", ("expression", expression));
        var written = File.GetLastWriteTimeUtc(first.Unpacked["out"]);

        var second = await BuildAsync("-Expression $expression -EvaluateOn b234", ("expression", expression));
        Assert.Equal((GoalStatus.AlreadyValid, written), (second.Status, File.GetLastWriteTimeUtc(second.Unpacked["out"])));

        await File.WriteAllTextAsync(first.Unpacked["out"], "something else");
        var third = await RunAsync("-Expression $expression -EvaluateOn b234", ("expression", expression));
        Assert.Equal("UnpackTargetExists", Assert.Single(third.Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.False(Assert.Single(third.OutputOf<NixBuildResult>()).Success);
        Assert.Equal("something else", await File.ReadAllTextAsync(first.Unpacked["out"]));
        Assert.Single(Directory.GetFileSystemEntries(Unpacked));
    }

    // who evaluates, the cache's compression, whose Nix reads it
    [TestBedTheory]
    [InlineData("b28", "xz", "b234")]
    [InlineData("b226", "zstd", "b226")]
    [InlineData("b234", "none", "b28")]
    public async Task Outputs_go_to_a_binary_cache_with_all_that_they_refer_to_and_may_be_unpacked_out_of_it(string builder, string compression, string reader)
    {
        var below = Nonce.Derivation("below", "echo below > $out");
        var source = Source($"let below = {below}; in {Nonce.Derivation("top", "mkdir $out; echo 1 > $out/Readme; echo 2 > $out/README; ln -s $below $out/below; ln -s ../../.. $out/up", "inherit below;")}");
        var cache = Path.Combine(Bed.ShareDirectory, Nonce.Next());
        try
        {
            var goal = await BuildAsync($"-File '{source}' -EvaluateOn {builder} -Destination 'file://{cache}?compression={compression}'");

            Assert.Equal(GoalStatus.Built, goal.Status);
            Assert.Equal(["1\n", "2\n"], new[] { "Readme", "README" }.Select(name => File.ReadAllText(Path.Combine(goal.Unpacked["out"], name))));
            Assert.Equal("../../..", new FileInfo(Path.Combine(goal.Unpacked["out"], "up")).LinkTarget);
            Assert.Equal(2, Directory.GetFiles(cache, "*.narinfo").Length);
            Assert.All(Directory.GetFiles(cache, "*.narinfo"), file => Assert.Contains($"Compression: {compression}\n", File.ReadAllText(file), StringComparison.Ordinal));
            (await Bed.ExecAsync(reader, "nix", "--extra-experimental-features", "nix-command", "copy", "--no-check-sigs", "--from", $"file://{cache}", goal.Outputs["out"])).Succeeded();
            Assert.True(await Bed.VerifyPathAsync(reader, goal.Outputs["out"]));
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    [TestBedTheory]
    [InlineData("-Expression 'throw \"not today\"' -EvaluateOn b234", "EvaluationFailed", "not today")]
    [InlineData("-Expression '1' -EvaluateOn b226", "EvaluationFailed", "b226")]
    [InlineData("-Installable 'path:/nix/store/none#app' -EvaluateOn b234", "EvaluationFailed", "none")]
    [InlineData("-Expression 'x' -EvaluateOn nobody", "StoreUriInvalid", "nobody")]
    [InlineData("-Expression 'x' -EvaluateOn b234 -Store b226", "ParametersConflict", "-Store and -EvaluateOn")]
    [InlineData("-File '~/x.nix' -EvaluateOn b234", "SourceFolderRefused", "home folder")]
    [InlineData("-Installable '--impure' -EvaluateOn b234", "InstallableInvalid", "--impure")]
    public async Task A_failure_is_named(string arguments, string id, string text)
    {
        var result = await RunAsync(arguments);

        var error = result.TerminatingError ?? Assert.Single(result.Errors);
        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains(text, error.ErrorDetails?.Message ?? error.Exception.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Unpacked));
    }

    [TestBedFact]
    public async Task A_machine_without_any_Nix_evaluates_builds_and_unpacks()
    {
        Assert.False(Directory.Exists("/nix"), "This machine has a Nix of its own.");
        var source = Source(Nonce.Derivation("bare", "echo bare > $out"));
        var script = Path.Combine(_folder, "script.ps1");
        await File.WriteAllTextAsync(script,
            $$"""
            $ErrorActionPreference = 'Stop'
            Import-Module '{{ModuleRunspace.Manifest}}'
            $builders = Get-NixBuilder -Path '{{Bed.MachinesFile(MachinesKind.SshNg)}}'
            $result = Invoke-NixRemoteBuild -File '{{source}}' -EvaluateOn 'ssh-ng://b234' -Builder $builders -Unpack '{{Unpacked}}' -SshConfigFile '{{Bed.SshConfigFile}}'
            $result.Unpacked['out']
            """);
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "NixRemote.Host.dll"), script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("NIX", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["PATH"] = string.Join(Path.PathSeparator, start.Environment["PATH"]!.Split(Path.PathSeparator)
            .Where(folder => !File.Exists(Path.Combine(folder, "nix")) && !File.Exists(Path.Combine(folder, "nix-store"))));
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = (await process.StandardOutput.ReadToEndAsync()).Trim();
        await process.WaitForExitAsync();

        Assert.Equal((0, ""), (process.ExitCode, await error));
        Assert.Equal("bare\n", await File.ReadAllTextAsync(output));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Source(string main, params string[] others)
    {
        var source = Directory.CreateDirectory(Path.Combine(_folder, "source")).FullName;
        File.WriteAllText(Path.Combine(source, "default.nix"), main);
        for (var i = 0; i < others.Length; i += 2)
        {
            var file = Path.Combine(source, others[i]);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, others[i + 1]);
        }

        return source;
    }

    private Task<ModuleRunspaceResult> RunAsync(string arguments, params (string Name, object? Value)[] variables) =>
        ClientEnvironment.RunAsync($"Invoke-NixRemoteBuild {arguments} -Unpack '{Unpacked}'", variables);

    private async Task<NixBuildResult> BuildAsync(string arguments, params (string Name, object? Value)[] variables) =>
        Assert.Single((await RunAsync(arguments, variables)).Succeeded().OutputOf<NixBuildResult>());
}
