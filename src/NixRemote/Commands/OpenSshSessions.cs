using System.Management.Automation;
using System.Reflection;
using NixRemote.Transport;

namespace NixRemote.Commands;

/// <summary>
/// Sessions of Posh-SSH as values of -SshSession. They are of another load context than the module's own SSH.NET, so they are looked
/// at by name; the adapters are then loaded once more, over the SSH.NET that the session is of.
/// </summary>
internal static class OpenSshSessions
{
    private const string ClientType = "Renci.SshNet.SshClient";

    /// <summary>Takes what New-SSHSession returned, or an SshClient.</summary>
    /// <exception cref="NixRemoteException">SshSessionUnusable.</exception>
    public static SharedSshSession From(object value)
    {
        var session = value is PSObject wrapped ? wrapped.BaseObject : value;
        var client = IsClient(session) ? session : Member(session, "Session");
        if (client is null || !IsClient(client))
        {
            throw Unusable($"An object of the type {session.GetType()} is not an SSH session.");
        }

        // SSH.NET's own property names.
        var info = Member(client, "ConnectionInfo");
        if (info is null || Member(info, "Host") is not string host || Member(info, "Port") is not int port || Member(info, "Username") is not string user)
        {
            throw Unusable($"The session of the type {client.GetType()} does not say whom it is with.");
        }

        return Member(client, "IsConnected") is true
            ? new SharedSshSession(host, port, user, (options, builder) => AdapterLoader.Over(TypeOf(client)!.Assembly).AdoptSession(client, options, builder))
            : throw Unusable($"The SSH session with {user}@{host}:{port} is not connected.");
    }

    private static bool IsClient(object value) => TypeOf(value) is not null;

    private static Type? TypeOf(object value)
    {
        for (var type = value.GetType(); type is not null; type = type.BaseType)
        {
            if (type.FullName == ClientType)
            {
                return type;
            }
        }

        return null;
    }

    private static object? Member(object value, string name)
    {
        const BindingFlags flags = BindingFlags.Public | BindingFlags.Instance;
        return value.GetType().GetField(name, flags) is { } field ? field.GetValue(value) : value.GetType().GetProperty(name, flags)?.GetValue(value);
    }

    private static NixRemoteException Unusable(string message) => new(NixErrors.SshSessionUnusable, message);
}
