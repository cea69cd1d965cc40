using System.Security.Cryptography;
using NixRemote.Transport;

namespace NixRemote.Tests.Ssh;

/// <summary>Bytes that a channel whose program is <c>cat</c> must bring back.</summary>
internal static class ChannelEcho
{
    /// <summary>Sends random bytes, ends the input, and reads to the end at the same time; what comes must be what went.</summary>
    public static async Task CheckAsync(IDuplexChannel channel, int bytes)
    {
        var data = RandomNumberGenerator.GetBytes(bytes);
        var sending = Task.Run(async () =>
        {
            await channel.Output.WriteAsync(data);
            await channel.Output.DisposeAsync();
        });
        using var back = new MemoryStream();
        await channel.Input.CopyToAsync(back);
        await sending;
        Assert.Equal(SHA256.HashData(data), SHA256.HashData(back.ToArray()));
    }
}
