Describe 'Copy-NixClosure' {
    BeforeAll { . "$PSScriptRoot/common.ps1" }
    BeforeEach { Enter-TestBed }

    It 'copies to a builder and skips what is there' {
        $drv = New-Derivation copied 'echo > $out'
        $first = Copy-NixClosure $drv -To b28
        $first.Copied | Should -Be 1
        $first.Bytes | Should -BeGreaterThan 100
        $second = $drv | Copy-NixClosure -To ssh-ng://b28
        $second.Copied, $second.Skipped | Should -Be 0, 1
    }

    It 'copies what was built from builder to builder and home' {
        $result = Invoke-NixRemoteBuild (New-Derivation around 'echo > $out') -Builder b28 -Destination b28
        ($result | Copy-NixClosure -From b28 -To b234).Copied | Should -Be 1
        ($result | Copy-NixClosure -From b234).Copied | Should -Be 1
        nix-store --verify-path $result.Outputs['out']
        $LASTEXITCODE | Should -Be 0
    }

    It 'copies nothing with -WhatIf' {
        $drv = New-Derivation whatif 'echo > $out'
        Copy-NixClosure $drv -To b28 -WhatIf | Should -BeNullOrEmpty
        (Copy-NixClosure $drv -To b28).Copied | Should -Be 1
    }

    It 'copies into a binary cache and out of it' {
        $result = Invoke-NixRemoteBuild (New-Derivation cached 'echo > $out') -Builder b28 -Destination b28
        $key = New-NixSigningKey pester-1 "$TestDrive/key"
        $cache = "file://$TestDrive/cache"
        ($result | Copy-NixClosure -From b28 -To $cache -SigningKey $key.SecretKeyFile).Copied | Should -Be 1
        { $result | Copy-NixClosure -From $cache } | Should -Throw -ErrorId 'SignatureMissing,NixRemote.Commands.CopyNixClosureCommand'
        ($result | Copy-NixClosure -From $cache -TrustedPublicKey $key.PublicKey).Copied | Should -Be 1
        nix-store --verify-path $result.Outputs['out']
        $LASTEXITCODE | Should -Be 0
    }

    It 'writes archives that xz reads' {
        $drv = New-Derivation packed 'echo > $out'
        (Copy-NixClosure $drv -To "file://$TestDrive/packed?compression=xz").Copied | Should -Be 1
        Get-ChildItem "$TestDrive/packed/nar" | Should -HaveCount 1
        if (Get-Command xz -ErrorAction Ignore) {
            xz --test (Get-ChildItem "$TestDrive/packed/nar").FullName
            $LASTEXITCODE | Should -Be 0
        }
    }

    It 'says which path a store does not have' {
        { Copy-NixClosure /nix/store/00000000000000000000000000000000-none -From b226 } |
            Should -Throw -ExpectedMessage 'b226 does not have*none*' -ErrorId 'PathNotValid,NixRemote.Commands.CopyNixClosureCommand'
    }
}
