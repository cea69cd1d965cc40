namespace NixRemote.Tests.TestBed;

/// <summary>How a machines file of the test bed reaches the builders.</summary>
public enum MachinesKind
{
    /// <summary>Over <c>ssh://</c>, as the trusted user.</summary>
    Ssh,

    /// <summary>Over <c>ssh-ng://</c>, as the trusted user.</summary>
    SshNg,

    /// <summary>Over <c>ssh-ng://</c>, as the user who is not in trusted-users.</summary>
    Guest,
}
