using NixRemote.Adapters.Ssh;

namespace NixRemote.Tests.Ssh;

/// <summary>What a server takes on a channel (RFC 4254 §5.2): never exceeded, and never waited for in vain.</summary>
public sealed class SendWindowTests
{
    private const int MaxPacket = 32 * 1024;

    // window, by how much the server widens it each time, how often until a writer that used it up goes on
    [Theory]
    [InlineData(2 << 20, 96 << 10, 6)]
    [InlineData(2 << 20, 2 << 20, 1)]
    [InlineData(64 << 10, 1 << 10, 16)]
    [InlineData(4, 1, 1)]
    [InlineData(1, 1, 1)]
    public async Task AWriterThatUsedTheWindowUpGoesOnWhenAGoodPartIsFree(int size, int step, int steps)
    {
        var window = new SendWindow();
        window.Open((uint)size, MaxPacket);
        Assert.True(window.Widen(0));
        for (var left = size; left > 0;)
        {
            left -= await window.TakeAsync(left, default);
        }

        var waiting = window.TakeAsync(MaxPacket, default).AsTask();
        for (var i = 1; i < steps; i++)
        {
            Assert.True(window.Widen((uint)step));
            Assert.False(waiting.IsCompleted);
        }

        Assert.True(window.Widen((uint)step));
        Assert.InRange(await waiting.WaitAsync(TimeSpan.FromSeconds(5)), 1, Math.Min(MaxPacket, step * steps));
    }

    // As sshd: nothing when the channel opens, all when the program runs.
    [Fact]
    public async Task AWindowThatComesLaterCountsAsMuch()
    {
        var window = new SendWindow();
        window.Open(0, MaxPacket);
        var waiting = window.TakeAsync(MaxPacket, default).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.True(window.Widen(2 << 20));
        Assert.Equal(MaxPacket, await waiting.WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void AWindowLargerThanTheProtocolAllowsIsRefused()
    {
        var window = new SendWindow();
        window.Open(uint.MaxValue, MaxPacket);
        Assert.False(window.Widen(1));
    }

    [Fact]
    public async Task AWriterThatWaitsIsToldOfTheEnd()
    {
        var window = new SendWindow();
        window.Open(0, MaxPacket);
        var waiting = window.TakeAsync(1, default).AsTask();
        window.End("gone");
        Assert.Equal("gone", (await Assert.ThrowsAsync<IOException>(() => waiting)).Message);
    }
}
