using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using NixRemote.Builders;
using NixRemote.Diagnosis.Registration;
using NixRemote.Stores;
using NixRemote.Transport;

namespace NixRemote.Commands;

/// <summary>
/// <c>Register-NixBuilder</c>: sets a machine up as a builder: its host key, a key of ours, what it is, a test, and its entry in a machines file. What was
/// done is undone when a step fails.
/// </summary>
[Cmdlet(VerbsLifecycle.Register, "NixBuilder", SupportsShouldProcess = true)]
[OutputType(typeof(NixBuilderRegistration))]
public sealed class RegisterNixBuilderCommand : StoreCmdlet
{
    private const string DefaultKey = "~/.ssh/nix_builder_ed25519";

    private static readonly Collection<ChoiceDescription> _answers =
    [
        new("&Yes", "It is the machine's own key: record it in known_hosts, and go on."),
        new("&No", "Change nothing."),
    ];

    /// <summary>The machine: USER@HOST, or a URI such as ssh-ng://USER@HOST:PORT. Without a protocol it is ssh-ng.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Target { get; set; }

    /// <summary>The builder's name. Default: its host.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The machines file to add it to. Default: machines beside nix.conf.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The format of the entry: Legacy or Toml; NixOS writes no file, the options are in the result. Default: the file's.</summary>
    [Parameter]
    [ValidateSet(nameof(MachinesFormat.Legacy), nameof(MachinesFormat.Toml), nameof(MachinesFormat.NixOS))]
    public MachinesFormat? As { get; set; }

    /// <summary>Make a new key without a passphrase, and put it on the builder.</summary>
    [Parameter]
    public SwitchParameter NewKey { get; set; }

    /// <summary>The private key that builds log in with; it is made with -NewKey, and otherwise must be there. Its public key, FILE.pub, is put on the builder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? IdentityFile { get; set; }

    /// <summary>The fingerprint that its host key must have, as SHA256:..., if the key is not known yet.</summary>
    [Parameter]
    [ValidatePattern("^SHA256:[A-Za-z0-9+/]{43}$")]
    public string? HostKeyFingerprint { get; set; }

    /// <summary>Its job count. Default: the max-jobs of its own nix.conf.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? MaxJobs { get; set; }

    /// <summary>Its speed relative to others.</summary>
    [Parameter]
    [ValidateRange(0.001, 1e6)]
    public double SpeedFactor { get; set; } = 1;

    /// <summary>Replace the entry of the same name or URI.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        BuilderRegistrationRequest request;
        try
        {
            request = Request();
        }
        catch (NixRemoteException invalid)
        {
            ThrowNixError(invalid);
            return;
        }

        // All questions come before anything is changed.
        var machine = request.Uri.ToString();
        if (!(request.NewKey ? ShouldProcess(request.IdentityFile!, "Make a key") : true)
            | !(request.IdentityFile is null || ShouldProcess(machine, $"Put the public key of '{request.IdentityFile}' into the user's authorized_keys"))
            | !(request.Path is null ? ShouldProcess(machine, "Test it and tell the NixOS options") : ShouldProcess(request.Path, $"Test {machine} and add it")))
        {
            return;
        }

        if (AskForHostKey(request) is { } agreed)
        {
            RunInBackground(async (records, cancellationToken) => records.Object(await Registration(records).RunAsync(agreed, cancellationToken).ConfigureAwait(false)));
        }
    }

    private BuilderRegistrationRequest Request()
    {
        var text = Target!.Contains("://", StringComparison.Ordinal) ? Target : $"ssh-ng://{Target}";
        var uri = StoreUri.Parse(text);
        if (!uri.IsSsh || uri.Host.Length == 0)
        {
            throw new NixRemoteException(NixErrors.StoreUriInvalid, $"'{Target}' does not name a machine that is reached over SSH.")
            {
                Target = Target,
                RecommendedAction = "Write USER@HOST, ssh://USER@HOST or ssh-ng://USER@HOST.",
            };
        }

        var key = IdentityFile ?? (NewKey ? DefaultKey : null);
        return new BuilderRegistrationRequest
        {
            Uri = uri,
            Name = Name,
            NewKey = NewKey,
            IdentityFile = key is null ? null : ResolvePath(key),
            ApprovedHostKey = HostKeyFingerprint,
            MaxJobs = MaxJobs,
            SpeedFactor = SpeedFactor,
            Path = As == MachinesFormat.NixOS ? null : Path is null ? DefaultPath() : ResolvePath(Path),
            Format = As,
            Force = Force,
            ParseOptions = new MachinesParseOptions { LocalSystem = Settings.System, TomlReader = AdapterLoader.CreateTomlReader },
        };
    }

    private string DefaultPath() => System.IO.Path.Combine(
        Environment["NIX_CONF_DIR"] is { Length: > 0 } given ? given : Environment.ConfigurationDirectory, "machines");

    /// <summary>Shows a host key that is not known yet, and asks about it unless -HostKeyFingerprint or -AcceptNewHostKey answers.</summary>
    /// <returns>The request with what was agreed to; null if it was not.</returns>
    private BuilderRegistrationRequest? AskForHostKey(BuilderRegistrationRequest request)
    {
        HostKeyUnknownException? unknown = null;
        RunInBackground(async (records, cancellationToken) =>
            unknown = await Registration(records).FindUnknownHostKeyAsync(request, cancellationToken).ConfigureAwait(false));
        if (unknown is null)
        {
            return request with { ApprovedHostKey = null };
        }

        var shown = unknown.Key.Fingerprint;
        if (HostKeyFingerprint is not null)
        {
            if (HostKeyFingerprint != shown)
            {
                ThrowNixError(new NixRemoteException(NixErrors.HostKeyChanged, $"{request.Uri} shows the host key {shown}, not {HostKeyFingerprint}.")
                {
                    RecommendedAction = "Find out whose fingerprint is right: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the machine itself.",
                });
            }

            return request;
        }

        var question = $"{request.Uri} shows the host key {unknown.Key.Type} {shown}, which is not known. Is it the machine's own?";
        if (AcceptNewHostKey)
        {
            WriteWarning($"{request.Uri} shows the host key {unknown.Key.Type} {shown}, which was not known; -AcceptNewHostKey accepts it.");
        }
        else if (!IsAgreedTo(question, unknown))
        {
            return null;
        }

        return request with { ApprovedHostKey = shown };
    }

    private bool IsAgreedTo(string question, HostKeyUnknownException unknown)
    {
        try
        {
            // Not ShouldContinue, where Enter means yes.
            return Host.UI.PromptForChoice("Record a host key", question, _answers, defaultChoice: 1) == 0;
        }
        catch (Exception unasked) when (unasked is not PipelineStoppedException)
        {
            // Each host has an exception of its own where nobody can be asked; PowerShell's console has none at the end of its input, and fails.
            ThrowNixError(new HostKeyUnknownException(unknown.Key, $"{unknown.Message} Nobody can be asked about it here.", unasked)
            {
                Builder = unknown.Builder,
                Target = unknown.Target,
                RecommendedAction = "Compare the fingerprint with the machine's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub there), then give it: "
                    + $"-HostKeyFingerprint {unknown.Key.Fingerprint}",
            });
            return false;
        }
    }

    private BuilderRegistration Registration(PipelineRecords records) =>
        new(SshConnector(), SshOptions(records) with { AcceptNewHostKey = false }, AdapterLoader.CreateSignatureAlgorithm(), records.Verbose);
}
