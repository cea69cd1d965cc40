namespace NixRemote.Tests.TestBed;

/// <summary>The test bed keeps what it promises to the other tests.</summary>
public sealed class NixTestBedTests
{
    [TestBedTheory]
    [InlineData("b28", "2.8.0")]
    [InlineData("b226", "2.26.3")]
    [InlineData("b234", "2.34.8")]
    [InlineData("c234", "2.34.8")]
    public async Task Each_node_runs_its_own_Nix(string node, string version)
    {
        var output = await NixTestBed.Current.ExecAsync(node, "nix-store", "--version");
        Assert.Equal($"nix-store (Nix) {version}", output.Succeeded());
        Assert.Equal(version, NixTestBed.Current.Node(node).NixVersion);
    }

    [TestBedFact]
    public async Task A_fresh_derivation_is_in_the_clients_store_and_not_yet_built()
    {
        var bed = NixTestBed.Current;
        var expression = Nonce.Derivation("fresh", "echo \"${x:-1}\" > $out");
        var derivation = await bed.InstantiateAsync(expression);
        Assert.True(await bed.VerifyPathAsync(bed.Client, derivation));
        Assert.Contains("fresh", File.ReadAllText(bed.OnHost(bed.Client, derivation)), StringComparison.Ordinal);
        var output = (await bed.ExecAsync(bed.Client, "nix-store", "--query", "--outputs", derivation)).Succeeded();
        Assert.False(await bed.VerifyPathAsync(bed.Client, output));

        (await bed.ExecAsync(bed.Client, "nix-store", "--realise", derivation)).Succeeded();
        Assert.True(await bed.VerifyPathAsync(bed.Client, output));
        Assert.Equal("1\n", File.ReadAllText(bed.OnHost(bed.Client, output)));
    }

    [TestBedTheory]
    [MemberData(nameof(NixTestBed.Builders), MemberType = typeof(NixTestBed))]
    public async Task The_client_reaches_each_builder_as_both_users(string builder)
    {
        var bed = NixTestBed.Current;
        foreach (var (alias, user) in new[] { (builder, "nix"), (builder + "-guest", "guest") })
        {
            var output = await bed.ExecAsync(bed.Client, "ssh", "-F", bed.SshConfigFile, alias, "id", "-un");
            Assert.Equal(user, output.Succeeded());
        }
    }

    [TestBedFact]
    public void Its_files_are_where_it_says()
    {
        var bed = NixTestBed.Current;
        Assert.All(
            [bed.SshConfigFile, bed.KnownHostsFile, bed.IdentityFile, bed.Script, Path.Combine(bed.ProgramDirectory, "nix-store"),
                .. Enum.GetValues<MachinesKind>().Select(bed.MachinesFile)],
            file => Assert.True(File.Exists(file), file));
        Assert.True(Directory.Exists(bed.ClientStoreDirectory));
        Assert.True(File.Exists(bed.ClientDaemonSocket));
        Assert.Equal(bed.ClientDaemonSocket, bed.Environment["NIX_DAEMON_SOCKET_PATH"]);
    }
}
