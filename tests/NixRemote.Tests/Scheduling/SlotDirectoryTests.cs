using System.Diagnostics;
using NixRemote.Scheduling;
using NixRemote.Stores;
using NixRemote.Tests.Builders;

namespace NixRemote.Tests.Scheduling;

/// <summary>Slot files as Nix's build hook has them (scheduling.md §4.1). That Nix itself keeps to them is in SharedSlotsTests.</summary>
public sealed class SlotDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static StoreUri Host => StoreUri.Parse("ssh://root@host");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("ssh://root@host", 0, "ssh:__root@host-0", "ssh:__root@host-12wrhggnkkwfmxh0-0")]
    [InlineData("ssh-ng://b28", 11, "ssh-ng:__b28-11")]
    [InlineData("ssh://nix@a:2222", 1, "ssh:__nix@a:2222-1")]
    [InlineData("ssh-ng://b?compress=true", 0, "ssh-ng:__b?compress=true-0")]
    [InlineData("ssh://b?remote-program=/x/nix-store", 0, "ssh:__b?remote-program=_x_nix-store-0")]
    [InlineData(
        "ssh-ng://b?compress=true&path-info-cache-size=77&remote-program=/x/nix-store", 0,
        "ssh-ng:__b?compress=true&path-info-cache-size=77&remote-program=_x_nix-store-0", "ssh-ng:__b?compress=true&path-info-cache-size=77-1phfvaf2mk3pyy8z-0")]
    public void A_slot_is_named_by_the_builders_URI(string uri, int slot, string nix, string? lix = null)
    {
        var names = SlotDirectory.SlotNames(StoreUri.Parse(uri), slot);

        Assert.Equal([OnThisSystem(nix), OnThisSystem(lix ?? names[1])], names);
        Assert.Matches($"-[0-9a-df-np-sv-z]{{16}}-{slot}$", names[1]);
    }

    [Theory]
    [InlineData(240, true)]
    [InlineData(241, false)]
    [InlineData(400, false)]
    public void A_name_that_is_too_long_for_a_file_has_only_the_form_of_Lix(int length, bool both)
    {
        var names = SlotDirectory.SlotNames(StoreUri.Parse("ssh://host?x=" + new string('y', length)), 0);

        Assert.Equal(both ? 2 : 1, names.Count);
        Assert.True(!both || names[0].Length == 255);
        Assert.Matches("^ssh:__host.x=y{35}-[0-9a-df-np-sv-z]{16}-0$", names[^1].Replace("ssh___", "ssh:__", StringComparison.Ordinal));
    }

    private static string OnThisSystem(string name) => OperatingSystem.IsWindows() ? name.Replace(':', '_').Replace('?', '_') : name;

    [Fact]
    public void Each_slot_is_taken_once_and_free_again_when_its_build_has_ended()
    {
        var slots = SlotDirectory.Open(_folder["current-load"]);
        using var first = slots.TryTakeSlot(Host, 2, out var busyBefore);
        var second = slots.TryTakeSlot(Host, 2, out var busyThen);

        Assert.Null(slots.TryTakeSlot(Host, 2, out var busyNow));
        second!.Dispose();
        using var again = slots.TryTakeSlot(Host, 2, out var busyAfter);

        Assert.Equal((0, 1, 2, 1), (busyBefore, busyThen, busyNow, busyAfter));
        Assert.NotNull(again);
    }

    [UnixTheory]
    [InlineData(0)] // Nix
    [InlineData(1)] // Lix
    public void A_slot_that_another_program_has_locked_is_busy_until_that_program_is_killed(int name)
    {
        var slots = SlotDirectory.Open(_folder["current-load"]);
        var file = Path.Combine(slots.Path, SlotDirectory.SlotNames(Host, 0)[name]);
        using var other = Process.Start(new ProcessStartInfo("flock") { ArgumentList = { "-o", file, "-c", "echo locked; exec sleep 600" }, RedirectStandardOutput = true })!;
        Assert.Equal("locked", other.StandardOutput.ReadLine());
        Assert.Null(slots.TryTakeSlot(Host, 1, out var busy));

        other.Kill(entireProcessTree: true);
        other.WaitForExit();

        Assert.Equal(1, busy);
        using var taken = slots.TryTakeSlot(Host, 1, out _);
        Assert.NotNull(taken);
        using var probe = Process.Start("flock", ["-n", file, "true"]);
        probe.WaitForExit();
        Assert.Equal(1, probe.ExitCode);
    }

    [UnixFact]
    public void Lock_files_are_the_users_own()
    {
        var slots = SlotDirectory.Open(_folder["current-load"]);
        using var main = slots.TryTakeMain();
        using var slot = slots.TryTakeSlot(Host, 1, out _);

        Assert.Null(slots.TryTakeMain());
        foreach (var name in SlotDirectory.SlotNames(Host, 0).Append("main-lock"))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(Path.Combine(slots.Path, name)).UnixFileMode);
        }
    }

    [Fact]
    public void The_chosen_slot_gets_the_time_of_the_choice()
    {
        var slots = SlotDirectory.Open(_folder["current-load"]);
        var file = Path.Combine(slots.Path, SlotDirectory.SlotNames(Host, 0)[0]);
        File.WriteAllText(file, "");
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);

        using var slot = slots.TryTakeSlot(Host, 1, out _);

        Assert.InRange(File.GetLastWriteTimeUtc(file), DateTime.UtcNow.AddMinutes(-1), DateTime.UtcNow.AddMinutes(1));
    }

    [Fact]
    public void A_directory_that_cannot_be_written_says_so()
    {
        var file = _folder.Write("file", "");

        var error = Assert.Throws<NixRemoteException>(() => SlotDirectory.Open(Path.Combine(file, "current-load")));

        Assert.Equal((NixErrors.SlotsNotShared, Path.Combine(file, "current-load")), (error.Definition, error.Target));
    }

    [Theory]
    [InlineData("auto", null, null, false, "/nix/var/nix")]
    [InlineData("auto", null, "/s", false, "/s")]
    [InlineData("auto", "/proc/7/root/nix/var/nix/daemon-socket/socket", null, false, "/proc/7/root/nix/var/nix")]
    [InlineData("auto", "/proc/7/root/nix/var/nix/daemon-socket/socket", null, true, "/nix/var/nix")]
    [InlineData("auto", "/elsewhere/socket", null, false, "/nix/var/nix")]
    [InlineData("unix:///a/nix/var/nix/daemon-socket/socket?real=/b", null, null, true, "/a/nix/var/nix")]
    [InlineData("local", null, null, true, "/nix/var/nix")]
    [InlineData("/r", null, null, true, "/r/nix/var/nix")]
    [InlineData("local?root=/r", null, null, true, "/r/nix/var/nix")]
    [InlineData("local?root=/r&state=/t", null, null, true, "/t")]
    [InlineData("ssh://b", null, null, true, "/nix/var/nix")]
    public void Nix_keeps_it_in_the_state_directory_of_its_store(string store, string? socket, string? state, bool writable, string expected)
    {
        var environment = new LocalStoreEnvironment
        {
            Variable = name => name switch { "NIX_DAEMON_SOCKET_PATH" => socket, "NIX_STATE_DIR" => state, _ => null },
            IsWritable = _ => writable,
            Exists = _ => true,
        };

        Assert.Equal(expected, new StoreFactory(AdapterLoader.CreateSshConnector(), new(), environment).StateDirectory(StoreUri.Parse(store)));
    }
}
