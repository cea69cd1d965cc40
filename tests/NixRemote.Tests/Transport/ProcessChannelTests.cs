using System.Diagnostics;
using System.Text;
using NixRemote.Transport;

namespace NixRemote.Tests.Transport;

/// <summary>Real processes as channels.</summary>
public sealed class ProcessChannelTests
{
    [UnixFact]
    public async Task Bytes_go_both_ways_without_a_limit()
    {
        await using var channel = ProcessChannel.Start(["cat"]);
        var sent = new byte[5_000_000];
        new Random(1).NextBytes(sent);
        var writing = Task.Run(async () =>
        {
            await channel.Output.WriteAsync(sent);
            await channel.Output.DisposeAsync();
        });
        var received = new MemoryStream();
        await channel.Input.CopyToAsync(received);
        await writing;
        Assert.True(received.ToArray().AsSpan().SequenceEqual(sent));
        Assert.Equal(0, await channel.Exited);
        await channel.StandardError.Ended;
    }

    [UnixFact]
    public async Task Exit_status_standard_error_arguments_and_environment()
    {
        await using var channel = ProcessChannel.Start(
            ["sh", "-c", "echo \"$1|$ADDED|${HOME-unset}\"; echo 'last words' >&2; exit 7", "sh", "two words $x"],
            new Dictionary<string, string?> { ["ADDED"] = "yes", ["HOME"] = null });
        using var reader = new StreamReader(channel.Input);
        Assert.Equal("two words $x|yes|unset\n", await reader.ReadToEndAsync());
        Assert.Equal(7, await channel.Exited);
        await channel.StandardError.Ended;
        Assert.Equal("last words", channel.StandardError.Tail());
        Assert.StartsWith("sh -c", channel.Description, StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task Standard_error_is_drained_though_nobody_reads_the_output()
    {
        await using var channel = ProcessChannel.Start(["sh", "-c", "yes | head -c 1000000 >&2; echo done"]);
        using var reader = new StreamReader(channel.Input);
        Assert.Equal("done", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void A_program_that_does_not_exist()
    {
        var failure = Assert.Throws<NixRemoteException>(() => ProcessChannel.Start(["no-such-program-anywhere", "x"]));
        Assert.Equal((nameof(NixErrors.RemoteProgramNotFound), "no-such-program-anywhere"), (failure.ErrorId, failure.Target));
    }

    [UnixTheory]
    [InlineData("cat")] // ends with its input
    [InlineData("trap '' HUP TERM PIPE; sleep 60; sleep 60")] // does not care
    [InlineData("sleep 60 & exec sleep 60")] // leaves a child with its standard error
    public async Task Disposing_ends_the_process_and_its_children_within_2_seconds(string script)
    {
        var channel = ProcessChannel.Start(["sh", "-c", "echo started; " + script]);
        await channel.Input.ReadExactlyAsync(new byte["started\n".Length]);
        var read = channel.Input.ReadAsync(new byte[1]).AsTask();
        var clock = Stopwatch.StartNew();
        await channel.DisposeAsync();
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.True(channel.Exited.IsCompleted);
        Assert.True(channel.StandardError.Ended.IsCompleted);
        await Assert.ThrowsAnyAsync<Exception>(() => read);
        await channel.DisposeAsync();
    }

    [UnixFact]
    public async Task Aborting_makes_pending_reads_and_writes_fail_at_once()
    {
        await using var channel = ProcessChannel.Start(["sleep", "60"]);
        var read = channel.Input.ReadAsync(new byte[1]).AsTask();
        var write = channel.Output.WriteAsync(new byte[1 << 20]).AsTask();
        var clock = Stopwatch.StartNew();
        channel.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => read);
        await Assert.ThrowsAnyAsync<Exception>(() => write);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }
}
