Describe 'Add-NixSignature' {
    BeforeAll { . "$PSScriptRoot/common.ps1" }
    BeforeEach { Enter-TestBed }

    It 'signs paths where they are' {
        $key = New-NixSigningKey here-1 "$TestDrive/key-$(New-Guid)"
        $drv = New-Derivation signed 'echo > $out'
        $null = Copy-NixClosure $drv -To ssh-ng://b234
        ($drv | Add-NixSignature -Store ssh-ng://b234 -SigningKey $key.SecretKeyFile).Signature | Should -BeLike 'here-1:*'
        (Get-NixPathInfo $drv -Store ssh-ng://b234).Signatures | Should -BeLike 'here-1:*'
    }

    It 'says that the serve protocol cannot' {
        $key = New-NixSigningKey serve-1 "$TestDrive/key-$(New-Guid)"
        $drv = New-Derivation served 'echo > $out'
        $null = Copy-NixClosure $drv -To b28
        { Add-NixSignature $drv -Store b28 -SigningKey $key.SecretKeyFile } |
            Should -Throw -ErrorId 'StoreTakesNoSignatures,NixRemote.Commands.AddNixSignatureCommand'
    }
}
