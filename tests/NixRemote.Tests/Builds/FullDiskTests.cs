using System.Collections.Concurrent;
using NixRemote.Builds;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Builds;

/// <summary>A builder whose disk is really full: its store is on a file system of 24 MB. What does not fit there is built on another one.</summary>
[Collection(TestBedCollection.Name)]
public sealed class FullDiskTests
{
    private const int Megabyte = 1_000_000;

    private static NixTestBed Bed => NixTestBed.Current;

    [TestBedTheory]
    [InlineData("ssh", "nix-store --serve --write")]
    [InlineData("ssh-ng", "nix-daemon --stdio")]
    public async Task A_build_that_fills_the_disk_goes_elsewhere(string protocol, string program)
    {
        await using var node = await SmallDisk.MakeAsync("b226", program);
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("filling", $"head -c {60 * Megabyte} /dev/zero > $out"));

        await AssertElsewhereAsync(drv, protocol, node);
    }

    [TestBedTheory]
    [InlineData("ssh", "nix-store --serve --write")]
    [InlineData("ssh-ng", "nix-daemon --stdio")]
    public async Task A_builder_that_has_no_room_for_the_inputs_gets_no_more_of_them(string protocol, string program)
    {
        await using var node = await SmallDisk.MakeAsync("b226", program);
        var file = Path.Combine(Bed.ShareDirectory, Nonce.Next());
        await File.WriteAllBytesAsync(file, new byte[60 * Megabyte]);
        var drv = await Bed.InstantiateAsync(Nonce.Derivation("input", "wc -c < $large > $out", $"large = {file};"));
        File.Delete(file);

        await AssertElsewhereAsync(drv, protocol, node);
    }

    private static async Task AssertElsewhereAsync(string drv, string protocol, SmallDisk node)
    {
        var events = new ConcurrentQueue<BuildEvent>();
        var builder = TestBedRuns.Builder("full", protocol, $"b226?remote-program={node.Program}") with { SpeedFactor = 100 };

        var result = Assert.Single(await TestBedRuns.RunAsync(
            [drv], [builder, TestBedRuns.Builder("b28", "ssh")], new BuildRunOptions(), events.Enqueue, new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token));

        Assert.Null(result.Error);
        Assert.Equal((GoalStatus.Built, "b28"), (result.Status, result.Builder));
        var attempt = Assert.Single(result.Attempts);
        Assert.Equal("full", attempt.Builder);
        Assert.Matches("No space left on device|lack of free disk space", attempt.Message);

        // It rests: what follows would not fit either.
        var lost = Assert.Single(events.OfType<BuildEvent.BuilderLost>());
        Assert.Equal(("full", false), (lost.Builder, lost.IsFinal));
    }

    /// <summary>A Nix daemon of its own in a node, whose /nix is a small file system that nobody else sees.</summary>
    private sealed class SmallDisk : IAsyncDisposable
    {
        private readonly string _node;
        private readonly string _pid;

        private SmallDisk(string node, string program, string pid) => (_node, Program, _pid) = (node, program, pid);

        /// <summary>What a client is to run there.</summary>
        public string Program { get; }

        public static async Task<SmallDisk> MakeAsync(string node, string program)
        {
            var folder = $"/tmp/{Nonce.Next()}";
            var daemon = $"mount -t tmpfs -o size=24m,mode=755 none /nix && mkdir -p /nix/store /nix/var/nix && chgrp nixbld /nix/store && chmod 1775 /nix/store && "
                + $"NIX_CONFIG='gc-reserved-space = 0' NIX_DAEMON_SOCKET_PATH={folder}/socket exec nix-daemon";
            var setUp = $"mkdir {folder} && printf '#!/bin/sh\\nNIX_REMOTE=daemon NIX_DAEMON_SOCKET_PATH={folder}/socket exec {program}\\n' > {folder}/program && chmod 755 {folder}/program && "
                + $"(setsid unshare -m sh -c \"{daemon}\" > {folder}/log 2>&1 < /dev/null & echo $!) && "
                + $"until [ -S {folder}/socket ]; do sleep 0.05; done";
            var pid = (await Bed.ExecAsync(node, "timeout", "20", "sh", "-c", setUp)).Succeeded();
            return new SmallDisk(node, $"{folder}/program", pid);
        }

        public async ValueTask DisposeAsync() => (await Bed.ExecAsync(_node, "kill", _pid)).Succeeded();
    }
}
