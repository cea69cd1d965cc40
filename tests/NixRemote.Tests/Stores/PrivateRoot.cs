using NixRemote.Stores;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Stores;

/// <summary>Stores in roots of their own in the nodes of the test bed, so that Nix can check the whole of them.</summary>
internal static class PrivateRoot
{
    private static NixTestBed Bed => NixTestBed.Current;

    /// <summary>Makes a folder in a node, with an empty store of the test bed's user.</summary>
    public static async Task<string> MakeAsync(string node)
    {
        var root = $"/tmp/root-{Nonce.Next()}";
        (await Bed.ExecAsync(node, "install", "-d", "-m", "777", root)).Succeeded();

        // A Nix that is about to make the database, when its link is cut, would be in the way of the one that checks it: a schema file that is not
        // written yet is corrupt to Nix.
        (await Bed.ExecAsync(node, [.. AsUser("nix-store", "--store", root, "--init")])).Succeeded();
        return root;
    }

    /// <summary>Connects to the store in a root, without SSH.</summary>
    public static async Task<IStoreConnection> OpenAsync(string node, string root) =>
        await WorkerConnection.OpenAsync(RealStores.Run(node, [.. AsUser("nix-daemon", "--stdio", "--store", root)]), "private", default);

    /// <summary>Lets Nix check that all that the store in a root holds is whole.</summary>
    public static async Task VerifyAsync(string node, string root) =>
        (await Bed.ExecAsync(node, [.. AsUser("nix-store", "--store", root, "--verify", "--check-contents")])).Succeeded();

    // The user that logs in: what another user makes in the store is in the way.
    private static IEnumerable<string> AsUser(params string[] command) =>
        ["setpriv", "--reuid=nix", "--regid=nix", "--clear-groups", "env", "HOME=/tmp", .. command];
}
