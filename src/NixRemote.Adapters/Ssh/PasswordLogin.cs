using Renci.SshNet;

namespace NixRemote.Adapters.Ssh;

/// <summary>Logging in with a password, which also tells what the server answered.</summary>
/// <param name="user">The user.</param>
/// <param name="password">The password.</param>
/// <param name="answered">Told of the method and the answer.</param>
internal sealed class PasswordLogin(string user, string password, Action<string, AuthenticationResult> answered) : PasswordAuthenticationMethod(user, password)
{
    /// <inheritdoc/>
    public override AuthenticationResult Authenticate(Session session)
    {
        var result = base.Authenticate(session);
        answered(Name, result);
        return result;
    }
}
