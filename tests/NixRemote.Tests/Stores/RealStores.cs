using NixRemote.Stores;
using NixRemote.Tests.TestBed;
using NixRemote.Transport;

namespace NixRemote.Tests.Stores;

/// <summary>Ways to speak with the nodes of the test bed.</summary>
public static class RealStores
{
    /// <summary>Every node with a Nix of its own, each over each protocol and over its daemon's socket.</summary>
    public static TheoryData<string, string> All
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var node in new[] { "b28", "b226", "b234" })
            {
                foreach (var way in new[] { "serve", "worker", "socket" })
                {
                    data.Add(node, way);
                }
            }

            return data;
        }
    }

    /// <summary>Opens a channel to a program that runs as root in a node.</summary>
    public static ProcessChannel Run(string node, params string[] command) =>
        ProcessChannel.Start([Path.Combine(NixTestBed.Current.Directory, "enter"), node, .. command], description: $"{command[0]} on {node}");

    /// <summary>Connects in one of the ways of <see cref="All"/>, or as the untrusted user (<c>guest</c>, <c>guest-serve</c>).</summary>
    public static async Task<IStoreConnection> OpenAsync(string node, string way) => way switch
    {
        "serve" => await ServeConnection.OpenAsync(Run(node, "nix-store", "--serve", "--write"), node, default),
        "worker" => await WorkerConnection.OpenAsync(Run(node, "nix-daemon", "--stdio"), node, default),
        "guest" => await WorkerConnection.OpenAsync(Run(node, AsGuest("nix-daemon --stdio")), node, default),
        "guest-serve" => await ServeConnection.OpenAsync(Run(node, AsGuest("nix-store --serve --write")), node, default),
        "socket" => await WorkerConnection.OpenAsync(
            await UnixSocketChannel.ConnectAsync(NixTestBed.Current.OnHost(node, "/nix/var/nix/daemon-socket/socket"), default), node, default),
        _ => throw new ArgumentOutOfRangeException(nameof(way)),
    };

    private static string[] AsGuest(string command) => ["setpriv", "--reuid=guest", "--regid=guest", "--clear-groups", "sh", "-c", $"HOME=/tmp exec {command}"];
}
