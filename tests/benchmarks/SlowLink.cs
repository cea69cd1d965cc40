using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using NixRemote.Tests.TestBed;

namespace NixRemote.Benchmarks;

/// <summary>
/// A long way to a builder: a proxy on loopback that gives each byte on half a round trip after it came, in both directions, as fast as
/// it came and without loss. Its ssh_config, which the nodes see too, has the builder under <see cref="Host"/>.
/// </summary>
internal sealed class SlowLink
{
    private const int PieceBytes = 256 * 1024;

    // More than any window that comes through here.
    private const int PiecesOnTheirWay = 4096;

    private static readonly Dictionary<(string Builder, int Milliseconds), SlowLink> _links = [];

    private readonly TimeSpan _oneWay;
    private readonly int _port;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    private SlowLink(NixTestBed bed, string builder, int milliseconds)
    {
        _oneWay = TimeSpan.FromMilliseconds(milliseconds / 2.0);
        _port = bed.Node(builder).Port;
        Host = $"{builder}-{milliseconds}ms";
        ConfigFile = Path.Combine(bed.ShareDirectory, $"bench-{Host}.ssh_config");
        _listener.Start();
        File.WriteAllText(ConfigFile,
            $"Host {Host}\n  HostName 127.0.0.1\n  Port {((IPEndPoint)_listener.LocalEndpoint).Port}\n  HostKeyAlias {builder}\n{File.ReadAllText(bed.SshConfigFile)}");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(ConfigFile);
        _ = Task.Run(ServeAsync);
    }

    /// <summary>The name of the builder at the other end, for SSH.</summary>
    public string Host { get; }

    /// <summary>The ssh_config that knows it.</summary>
    public string ConfigFile { get; }

    /// <summary>The link to a builder with a round trip; it stays as long as this process.</summary>
    public static SlowLink To(NixTestBed bed, string builder, int milliseconds)
    {
        lock (_links)
        {
            return _links.TryGetValue((builder, milliseconds), out var link) ? link : _links[(builder, milliseconds)] = new SlowLink(bed, builder, milliseconds);
        }
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptSocketAsync();
            _ = Task.Run(() => CarryAsync(client));
        }
    }

    private async Task CarryAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            await server.ConnectAsync(IPAddress.Loopback, _port);
            client.NoDelay = true;
            server.NoDelay = true;
            await Task.WhenAll(CarryAsync(client, server), CarryAsync(server, client));
        }
    }

    private async Task CarryAsync(Socket from, Socket to)
    {
        var pieces = Channel.CreateBounded<(long Due, byte[] Bytes)>(PiecesOnTheirWay);
        var reading = ReadAsync();
        try
        {
            await foreach (var (due, bytes) in pieces.Reader.ReadAllAsync())
            {
                var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                if (left > TimeSpan.Zero)
                {
                    await Task.Delay(left);
                }

                for (var sent = 0; sent < bytes.Length;)
                {
                    sent += await to.SendAsync(bytes.AsMemory(sent));
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // One end has gone: the other learns of it.
            from.Close();
        }

        await reading;

        async Task ReadAsync()
        {
            var buffer = new byte[PieceBytes];
            try
            {
                while (await from.ReceiveAsync(buffer) is var count and > 0)
                {
                    var due = Stopwatch.GetTimestamp() + (long)(_oneWay.TotalSeconds * Stopwatch.Frequency);
                    await pieces.Writer.WriteAsync((due, buffer[..count]));
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The connection was reset; what came before is still given on.
                Debug.WriteLine(exception.Message);
            }

            pieces.Writer.Complete();
        }
    }
}
