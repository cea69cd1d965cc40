namespace NixRemote.Transport;

/// <summary>The value of one keyword and where it was found.</summary>
/// <param name="Arguments">Its arguments, without quotes.</param>
/// <param name="Source">For messages: <c>FILE line N</c>, or the option of the command line.</param>
internal sealed record SshConfigSetting(IReadOnlyList<string> Arguments, string Source)
{
    /// <summary>The first argument.</summary>
    public string Value => Arguments[0];
}
