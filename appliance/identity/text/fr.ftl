# Ce qui est dit des certificats, en français.

standing-own = La salle a son propre certificat ; personne ne répond d’elle.
standing-verified = Vérifiée par { $by }, jusqu’au { $day }.
standing-unverified = Non vérifiée : { $reason }
expiry-days = { $days ->
    [0] Le certificat de la salle expire aujourd’hui.
    [one] Le certificat de la salle expire dans { $days } jour.
   *[other] Le certificat de la salle expire dans { $days } jours.
}
expiry-over = Le certificat de la salle a expiré.
show-room = Salle : { $room }
show-key = Clé : { $key }
show-certificate = Certificat : { $name }, de { $by }, jusqu’au { $day }
show-nobody = sans nom
installed = Installé : { $name }, de { $by }, jusqu’au { $day }. La salle l’utilise d’ici une heure, ou au démarrage.
other-key = Ce certificat est pour une autre clé que celle de cette salle.
ended = Ce certificat a expiré.

unverified-self-signed = personne d’autre ne répond de ce certificat.
unverified-unknown-authority = son autorité n’est pas connue ici.
unverified-expired = le certificat a expiré, ou l’un de ceux qui le relient à son autorité.
unverified-not-yet-valid = le certificat n’est pas encore valable, ou l’un de ceux qui le relient à son autorité.
unverified-authority-expired = le certificat de l’autorité elle-même n’est pas valable en ce moment.
unverified-revoked = son autorité a révoqué le certificat.
unverified-list-stale = la liste de révocation de l’autorité est trop ancienne.
unverified-list-missing = aucune liste de révocation ne couvre ce certificat.
unverified-list-forged = la liste de révocation n’est pas celle de l’autorité.
unverified-wrong-usage = le certificat ne sert pas à dire qui est une salle.
unverified-out-of-bounds = une autorité a répondu de plus qu’elle ne peut.
unverified-algorithm = une signature est d’un type auquel on ne se fie pas.
unverified-forged = une signature est fausse.
unverified-nameless = le certificat ne nomme personne.
unverified-unreadable = le certificat est illisible.
