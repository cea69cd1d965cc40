using Renci.SshNet;

namespace NixRemote.Adapters.Ssh;

/// <summary>Logging in by questions of the server, of which a single hidden one is answered with the password; tells what the server made of it.</summary>
internal sealed class QuestionLogin : KeyboardInteractiveAuthenticationMethod
{
    private readonly Action<string, AuthenticationResult> _answered;

    /// <param name="user">The user.</param>
    /// <param name="password">The password.</param>
    /// <param name="answered">Told of the method and the answer.</param>
    public QuestionLogin(string user, string password, Action<string, AuthenticationResult> answered)
        : base(user)
    {
        _answered = answered;
        AuthenticationPrompt += (_, e) =>
        {
            if (e.Prompts is [{ IsEchoed: false } prompt])
            {
                prompt.Response = password;
            }
        };
    }

    /// <inheritdoc/>
    public override AuthenticationResult Authenticate(Session session)
    {
        var result = base.Authenticate(session);
        _answered(Name, result);
        return result;
    }
}
