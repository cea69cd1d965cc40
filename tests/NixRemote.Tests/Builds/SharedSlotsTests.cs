using System.Diagnostics;
using NixRemote.Builds;
using NixRemote.Scheduling;
using NixRemote.Stores;
using NixRemote.Tests.Cmdlets;
using NixRemote.Tests.Engine;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Builds;

/// <summary>A real Nix and this module build on one builder at the same time from the same machine, the test bed's client.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class SharedSlotsTests
{
    private static NixTestBed Bed => NixTestBed.Current;

    [TestBedTheory]
    [InlineData("ssh", "")]
    [InlineData("ssh-ng", "")]
    [InlineData("ssh-ng", "-Rebuild")]
    public async Task Both_together_never_use_more_than_the_builders_slots(string protocol, string option)
    {
        // A URI of its own, so that other tests do not take its slots; each build counts those that run with it.
        var counter = $"/tmp/{Nonce.Next()}";
        var builder = $"{protocol}://b226?compress=false&path-info-cache-size={Random.Shared.Next(1, 1_000_000)}";
        await Bed.ExecAsync("b226", "sh", "-c", $"mkdir -m 777 {counter}");
        var script = $"touch {counter}/$$; ls {counter} | wc -l; ls {counter} | wc -l >> {counter}.most; sleep 0.3; rm {counter}/$$; echo > $out";
        var theirs = await Bed.InstantiateAllAsync($"[ {Builds(4, "theirs", script)} ]");
        var ours = await Bed.InstantiateAllAsync($"[ {Builds(4, "ours", script)} ]");
        await Bed.ExecAsync("b226", "sh", "-c", $"touch {counter}.most; chmod 666 {counter}.most");

        if (option == "-Rebuild")
        {
            await Bed.ExecAsync("b28", "sh", "-c", $"mkdir -m 777 {counter}; touch {counter}.most; chmod 666 {counter}.most");
            (await ClientEnvironment.RunAsync("$drvs | Invoke-NixRemoteBuild -Builder b28", ("drvs", ours))).Succeeded();
        }

        var stock = Bed.ExecAsync(Bed.Client, [
            "nix-store", "--realise", .. theirs, "--option", "builders", $"{builder} x86_64-linux - 2", "--option", "max-jobs", "0", "--option", "build-poll-interval", "1"]);
        var result = await ClientEnvironment.RunAsync($"$drvs | Invoke-NixRemoteBuild -Builder $builder {option}", ("drvs", ours), ("builder", $"{builder} x86_64-linux - 2"));

        result.Succeeded();
        Assert.Equal(4, result.OutputOf<NixBuildResult>().Count(r => r.Status == (option == "-Rebuild" ? GoalStatus.Reproduced : GoalStatus.Built)));
        (await stock).Succeeded();
        var most = (await Bed.ExecAsync("b226", "cat", counter + ".most")).Succeeded().Split('\n').Select(l => int.Parse(l, null)).ToList();
        Assert.Equal(8, most.Count);
        Assert.InRange(most.Max(), 1, 2);
        await Bed.ExecAsync("b226", "rm", "-r", counter, counter + ".most");
    }

    [TestBedFact]
    public void The_slots_are_those_of_the_clients_Nix()
    {
        var stores = new StoreFactory(AdapterLoader.CreateSshConnector(), new());

        var directory = Path.Combine(stores.StateDirectory(StoreUri.Parse("auto")), SlotDirectory.DirectoryName);

        Assert.Equal(Bed.OnHost(Bed.Client, "/nix/var/nix/current-load"), directory);
        SlotDirectory.Open(directory);
    }

    [TestBedFact]
    public async Task A_killed_process_leaves_no_slot_taken()
    {
        var mark = Nonce.Next();
        var builder = $"ssh://b28?path-info-cache-size={Random.Shared.Next(1, 1_000_000)}";
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("killed", $"echo begun; exec sleep 600 # {mark}"));
        var slots = SlotDirectory.Open(Bed.OnHost(Bed.Client, "/nix/var/nix/current-load"));
        var start = new ProcessStartInfo("dotnet", [
            Path.Combine(AppContext.BaseDirectory, "NixRemote.Host.dll"), "-Command",
            $"Import-Module '{ModuleRunspace.Manifest}'; Invoke-NixRemoteBuild {drv} -Builder '{builder} x86_64-linux' -InformationAction Continue"])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line && !line.Contains("begun", StringComparison.Ordinal))
        {
            // Until the build runs.
        }

        Assert.Null(slots.TryTakeSlot(StoreUri.Parse(builder), 1, out _));
        process.Kill();
        await process.WaitForExitAsync();

        using var free = slots.TryTakeSlot(StoreUri.Parse(builder), 1, out _);
        Assert.NotNull(free);
    }

    private static string Builds(int count, string name, string script) =>
        string.Join(' ', Enumerable.Range(0, count).Select(i => $"({Nonce.Derivation($"{name}{i}", script)})"));
}
