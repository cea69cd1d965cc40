namespace NixRemote.Transport;

/// <summary>A step of connecting over SSH that is done.</summary>
/// <param name="Check">The check that the step answers.</param>
/// <param name="Message">What was found, in a sentence.</param>
public readonly record struct SshStep(BuilderCheckName Check, string Message);
