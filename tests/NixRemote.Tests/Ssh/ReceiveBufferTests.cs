using System.Security.Cryptography;
using NixRemote.Adapters.Ssh;

namespace NixRemote.Tests.Ssh;

/// <summary>The receive side of a channel without a channel: bytes in order, and a window that holds.</summary>
public sealed class ReceiveBufferTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 100_000)]
    [InlineData(65_536, 65_536)]
    [InlineData(65_537, 1)]
    [InlineData(30_000, 200_000)]
    public async Task BytesComeOutAsTheyWentIn(int writeSize, int readSize)
    {
        var bytes = RandomNumberGenerator.GetBytes(300_000);
        var buffer = new ReceiveBuffer(new WindowBudget(0));
        var back = new MemoryStream();
        var part = new byte[readSize];
        for (var at = 0; at < bytes.Length; at += writeSize)
        {
            var piece = bytes.AsSpan(at, Math.Min(writeSize, bytes.Length - at));
            Assert.True(buffer.TryTakeAllowance(piece.Length));
            buffer.Write(piece);
            if (at % 3 == 0)
            {
                await ReadAsync();
            }
        }

        buffer.Complete(null);
        while (await ReadAsync() > 0)
        {
        }

        Assert.Equal(bytes, back.ToArray());
        Assert.Equal(0, buffer.Unread);

        async Task<int> ReadAsync()
        {
            var count = await buffer.ReadAsync(part, default);
            back.Write(part, 0, count);
            buffer.Consume(count);
            return count;
        }
    }

    [Fact]
    public async Task AReaderWaitsForBytes()
    {
        var buffer = new ReceiveBuffer(new WindowBudget(0));
        var part = new byte[10];
        var reading = buffer.ReadAsync(part, default).AsTask();
        Assert.False(reading.IsCompleted);
        buffer.Write(new byte[] { 7 });
        Assert.Equal(1, await reading.WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(7, part[0]);
    }

    [Fact]
    public async Task AReaderWaitsForTheEnd()
    {
        var buffer = new ReceiveBuffer(new WindowBudget(0));
        var reading = buffer.ReadAsync(new byte[10], default).AsTask();
        buffer.Complete(null);
        Assert.Equal(0, await reading.WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task AFailureComesBeforeWhatIsLeft()
    {
        var buffer = new ReceiveBuffer(new WindowBudget(0));
        buffer.Write(new byte[100]);
        buffer.Complete(new NixRemoteException(NixErrors.ConnectionLost, "gone"));
        for (var i = 0; i < 2; i++)
        {
            var failure = await Assert.ThrowsAsync<NixRemoteException>(() => buffer.ReadAsync(new byte[10], default).AsTask());
            Assert.Equal("gone", failure.Message);
        }
    }

    [Fact]
    public void AServerThatSendsMoreThanItsWindowIsFoundOut()
    {
        var buffer = new ReceiveBuffer(new WindowBudget(0));
        Assert.True(buffer.TryTakeAllowance(SshLimits.InitialWindow));
        Assert.False(buffer.TryTakeAllowance(1));
    }

    [Fact]
    public async Task WhatIsReadIsGrantedAgainByHalves()
    {
        var buffer = new ReceiveBuffer(new WindowBudget(0));
        var half = SshLimits.InitialWindow / 2;
        Assert.Equal(0u, await PassAsync(buffer, half - 1));
        Assert.Equal((uint)half, await PassAsync(buffer, 1));
        Assert.Equal((uint)half, await PassAsync(buffer, half));
        Assert.True(buffer.TryTakeAllowance(SshLimits.InitialWindow));
        Assert.False(buffer.TryTakeAllowance(1));
    }

    [Fact]
    public async Task AReaderThatKeepsUpGetsALargerWindowUpToTheLimit()
    {
        var budget = new WindowBudget(SshLimits.WindowGrowthBudget);
        var buffer = new ReceiveBuffer(budget);
        for (var i = 0; i < 20; i++)
        {
            await WaitAndPassAsync(buffer, SshLimits.InitialWindow / 2);
        }

        Assert.Equal(SshLimits.MaxWindow, buffer.Window);
    }

    [Fact]
    public async Task ALargeWindowIsGrantedAgainInSmallSteps()
    {
        var buffer = new ReceiveBuffer(new WindowBudget(SshLimits.WindowGrowthBudget));
        while (buffer.Window < SshLimits.MaxWindow)
        {
            await WaitAndPassAsync(buffer, SshLimits.InitialWindow / 2);
        }

        for (var granted = 0; granted < 2 * SshLimits.MaxWindow; granted += SshLimits.GrantStep)
        {
            Assert.Equal(0u, await PassAsync(buffer, SshLimits.GrantStep - 1));
            Assert.Equal((uint)SshLimits.GrantStep, await PassAsync(buffer, 1));
        }

        Assert.Equal(SshLimits.MaxWindow, buffer.Window);
    }

    [Fact]
    public async Task AReaderThatNeverWaitsDoesNot()
    {
        var buffer = new ReceiveBuffer(new WindowBudget(SshLimits.WindowGrowthBudget));
        buffer.TryTakeAllowance(1);
        buffer.Write(new byte[1]);
        for (var i = 0; i < 20; i++)
        {
            await PassAsync(buffer, SshLimits.InitialWindow / 2);
        }

        Assert.Equal(SshLimits.InitialWindow, buffer.Window);
        Assert.Equal(1, buffer.Unread);
    }

    [Fact]
    public async Task AllWindowsOfTheProcessGrowOutOfOneBudget()
    {
        var budget = new WindowBudget(SshLimits.InitialWindow);
        var first = new ReceiveBuffer(budget);
        var second = new ReceiveBuffer(budget);
        await WaitAndPassAsync(first, SshLimits.InitialWindow / 2);
        await WaitAndPassAsync(second, SshLimits.InitialWindow / 2);
        Assert.Equal(SshLimits.InitialWindow * 2, first.Window);
        Assert.Equal(SshLimits.InitialWindow, second.Window);

        first.Complete(null);
        await WaitAndPassAsync(second, SshLimits.InitialWindow / 2);
        Assert.Equal(SshLimits.InitialWindow * 2, second.Window);
    }

    /// <summary>Receives and reads some bytes.</summary>
    /// <returns>What was granted for them.</returns>
    private static async Task<uint> PassAsync(ReceiveBuffer buffer, int count)
    {
        Assert.True(buffer.TryTakeAllowance(count));
        buffer.Write(new byte[count]);
        var part = new byte[count];
        return buffer.Consume(await buffer.ReadAsync(part, default));
    }

    /// <summary>As <see cref="PassAsync"/>, with a reader that is there before the bytes.</summary>
    private static async Task<uint> WaitAndPassAsync(ReceiveBuffer buffer, int count)
    {
        Assert.True(buffer.TryTakeAllowance(count));
        var part = new byte[count];
        var reading = buffer.ReadAsync(part, default);
        buffer.Write(new byte[count]);
        return buffer.Consume(await reading);
    }
}
