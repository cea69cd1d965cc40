namespace NixRemote.Diagnosis.Registration;

/// <summary>The NixOS module for the builder's side.</summary>
internal static class NixOSBuilderOptions
{
    /// <summary>Writes it.</summary>
    /// <param name="user">The user that builds log in as.</param>
    /// <param name="publicLine">The user's public key; null: not known.</param>
    public static string Write(string user, string? publicLine)
    {
        var key = publicLine is null ? "" : $"\n    openssh.authorizedKeys.keys = [ {String(publicLine)} ];";
        var account = user == "root"
            ? key.Length == 0 ? "" : $"  users.users.root = {{{key}\n  }};\n"
            : $"  users.groups.{String(user)} = {{ }};\n  users.users.{String(user)} = {{\n    isSystemUser = true;\n    group = {String(user)};\n    useDefaultShell = true;{key}\n  }};\n"
                + $"  nix.settings.trusted-users = [ {String(user)} ];\n";
        return $"{{\n  services.openssh.enable = true;\n{account}}}\n";
    }

    private static string String(string text) =>
        '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("${", "\\${", StringComparison.Ordinal) + '"';
}
